import { EvergrantError, fail, type Provider, type Store, tolerantProfile } from '@evergrant/core'
import { baidu } from '@evergrant/provider-baidu'
import { sealedUnder } from '@evergrant/store-layers'
import { UsageError } from '../failure-report.ts'

/** Where a sign-in was made: at Baidu's endpoint of this URL, or at a server that was discovered. */
export type SignInServer =
  | { readonly kind: 'baidu'; readonly tokenEndpoint: string }
  | { readonly kind: 'discovered'; readonly endpoints: DiscoveredEndpoints }

/** A provider that was discovered, without what is the same for all of them. */
type DiscoveredEndpoints = Omit<Provider, 'profile' | 'policy' | 'deviceDialect' | 'doubtClient'>

/** Where the client's secret is found; the secret itself is never kept. */
export type SecretPlace = { readonly file: string } | { readonly variable: string }

/** A sign-in that is remembered under a name: all that is needed to use its grant, but for what is secret. */
export interface SignIn {
  readonly server: SignInServer
  readonly clientId: string
  /** Absent for a public client. */
  readonly secretAt?: SecretPlace
}

const FORMAT = 1
const NAME = /^[\w.-]{1,64}$/

export function requireName(name: string): string {
  if (NAME.test(name)) return name
  throw new UsageError('a name has up to 64 letters, digits, dots, dashes and underscores')
}

export function providerOf({ server }: SignIn): Provider {
  return server.kind === 'baidu'
    ? baidu({ endpoint: server.tokenEndpoint, renewWith: 'refresh_token' })
    : { ...server.endpoints, profile: tolerantProfile, policy: {} }
}

/** The server, as people know it. */
export function serverName({ server }: SignIn): string {
  return server.kind === 'baidu' ? new URL(server.tokenEndpoint).host : server.endpoints.name
}

/** What is remembered under a name; `undefined` when nothing is. */
export async function recall(store: Store, name: string): Promise<SignIn | undefined> {
  const entry = await store.read(keyOf(name))
  if (entry === undefined) return undefined
  if (sealedUnder(entry.value) !== undefined) throw new EvergrantError(fail('record_sealed'))
  const { format, ...signIn } = JSON.parse(entry.value) as SignIn & { readonly format: number }
  if (format === FORMAT) return signIn
  throw new EvergrantError(fail('record_newer'))
}

/** Remembers a sign-in in the place of whatever was remembered under its name. */
export function remember(store: Store, name: string, signIn: SignIn): Promise<void> {
  return put(store, name, JSON.stringify({ format: FORMAT, ...signIn }))
}

export function forget(store: Store, name: string): Promise<void> {
  return put(store, name, undefined)
}

async function put(store: Store, name: string, value: string | undefined): Promise<void> {
  const key = keyOf(name)
  let expected = (await store.read(key))?.version
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const result = await store.write(key, { value, expected })
    if (result.written || (value === undefined && result.entry === undefined)) return
    expected = result.entry?.version
  }
  throw new EvergrantError(fail('store_unreachable'))
}

/** How often a write is made again because somebody else has written meanwhile. */
const ATTEMPTS_MAX = 10

function keyOf(name: string): string {
  return `evergrant:1:sign-in:${name}`
}
