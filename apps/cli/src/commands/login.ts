import type { Clock, Store } from '@evergrant/core'
import { systemClock } from '@evergrant/runtime'
import type { GrantedTokens } from '@evergrant/runtime/flows'
import { type Command, Option } from 'commander'
import { type Admitting, allowOption, requireAdmitting } from '../admitting.ts'
import { amount, portNumber } from '../amount.ts'
import { UsageError } from '../failure-report.ts'
import { browserSignIn } from '../sign-in/browser-sign-in.ts'
import { deviceCodeSignIn } from '../sign-in/device-code-sign-in.ts'
import { patience } from '../sign-in/patience.ts'
import { providerOf, recall, remember, requireName, type SignIn, serverName } from '../sign-in/sign-in.ts'
import { type SignInTarget, signInRequest } from '../sign-in/sign-in-request.ts'
import { signInWords } from '../sign-in/sign-in-words.ts'
import { signedInSource, signInTransport } from '../sign-in/signed-in-source.ts'
import { storeFor } from '../store-place.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface LoginOptions extends SignInTarget, Admitting {
  readonly as: string
  readonly scope: readonly string[]
  readonly port: number
  readonly redirectUri?: string
  readonly browser: boolean
  readonly device?: boolean
  readonly waitMinutes: number
  readonly store?: string
  readonly keyring?: string
}

const HELP = `
Signs you in at an authorization server and keeps the grant: in a directory of
yours by default, --store says where. The client must be registered there as a
native application that may redirect to http://127.0.0.1 (RFC 8252), or be
allowed the device flow.

  evergrant login --issuer https://as.example --client-id my-tool \\
    --scope openid --scope offline_access
  evergrant token                # a token of that grant, renewed when it is due
  evergrant logout               # revoked at the server, forgotten here

A secret of the client comes from EVERGRANT_CLIENT_SECRET or from a file; where
it was found is remembered, and it is read there again. Several sign-ins are
told apart by a name: --as work.`

export function addLoginCommand(program: Command, terminal: Terminal): void {
  program
    .command('login')
    .description('sign in at an authorization server, in the browser or with a code')
    .option('--issuer <url>', 'the server, by its issuer URL')
    .option('--provider <name>', 'a server that is known by name: baidu')
    .option('--endpoint <url>', 'with --provider: another token endpoint')
    .option('--client-id <id>', 'the client that is registered there (EVERGRANT_CLIENT_ID)')
    .option('--client-secret-file <path>', 'its secret, if it has one (EVERGRANT_CLIENT_SECRET)')
    .option('--api-key-file <path>', 'for Baidu: read the API Key from a file instead of BAIDU_API_KEY')
    .option('--secret-key-file <path>', 'for Baidu: the same for the Secret Key and BAIDU_SECRET_KEY')
    .option('--scope <scope>', 'a scope to ask for, as often as needed', collect, [])
    .option('--as <name>', 'the name to remember it by', requireName, 'default')
    .option('--port <number>', 'the port on 127.0.0.1 for the answer; 0 takes a free one', portNumber, 0)
    .option('--host <address>', 'in a container: the address that the port of 127.0.0.1 is passed on to')
    .addOption(allowOption())
    .addOption(
      new Option('--redirect-uri <uri>', 'another address that is registered, or oob').conflicts('port'),
    )
    .option('--no-browser', 'print the address instead of opening it; the answer may be pasted')
    .addOption(new Option('--device', 'show a code to enter in a browser anywhere').conflicts('redirectUri'))
    .option('--wait-minutes <number>', 'how many minutes to wait for you', amount, 5)
    .option('--store <place>', 'keep the grant in a directory or at a redis: URL (EVERGRANT_STORE)')
    .option('--keyring <path>', 'seal what is kept with the keys of this file (EVERGRANT_KEYRING)')
    .addHelpText('after', HELP)
    .action((options: LoginOptions) => login(options, terminal))
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(/[\s,]+/).filter(scope => scope !== '')]
}

async function login(options: LoginOptions, terminal: Terminal): Promise<void> {
  requireAdmitting(options)
  const store = await storeFor(options, terminal)
  try {
    if (store.traits.scope === 'process') {
      throw new UsageError('a sign-in in memory is gone when this command ends; name another --store')
    }
    const signIn = await signInRequest(options, signInTransport(), terminal)
    await requireSame(store, options.as, signIn)
    await signInBy(options, signIn, store, terminal)
    tell(options, signIn, terminal)
  } finally {
    await store.close?.()
  }
}

/** A name that stands for another grant keeps it: what is overwritten could not be revoked any more. */
async function requireSame(store: Store, name: string, signIn: SignIn): Promise<void> {
  const known = await recall(store, name)
  if (known === undefined) return
  const same =
    providerOf(known).tokenEndpoint === providerOf(signIn).tokenEndpoint && known.clientId === signIn.clientId
  if (same) return
  throw new UsageError(
    `"${name}" is a sign-in at ${serverName(known)} as ${known.clientId}; choose another name with --as, or end it with "evergrant logout --as ${name}"`,
  )
}

async function signInBy(
  options: LoginOptions,
  signIn: SignIn,
  store: Store,
  terminal: Terminal,
): Promise<void> {
  const { as: name, scope: scopes, port, host, allow, redirectUri, browser, device, waitMinutes } = options
  const clock = systemClock()
  const timeoutMs = waitMinutes * 60_000
  const keep = (tokens: GrantedTokens) => keepGrant({ name, signIn, tokens, store, terminal, clock })
  using waiting = patience(clock.now() + timeoutMs, clock, terminal)
  const common = { signIn, scopes, clock, terminal, patience: waiting }
  if (device) return keep(await deviceCodeSignIn(common))
  await browserSignIn({
    ...common,
    name,
    port,
    admitting: { host, allow },
    redirectUri,
    opensBrowser: browser,
    timeoutMs,
    store,
    keep,
  })
}

/** The name first: a name without a grant asks to sign in again, a grant without a name could not be revoked. */
async function keepGrant(kept: {
  readonly name: string
  readonly signIn: SignIn
  readonly tokens: GrantedTokens
  readonly store: Store
  readonly terminal: Terminal
  readonly clock: Clock
}): Promise<void> {
  const { name, signIn, tokens, store, terminal, clock } = kept
  await remember(store, name, signIn)
  await using source = signedInSource(name, signIn, store, terminal, clock)
  await source.receive(tokens)
}

function tell({ as: name }: LoginOptions, signIn: SignIn, { stderr, env }: Terminal): void {
  const paint = painter(stderr, env)
  const command =
    name === 'default' && !env.BAIDU_API_KEY ? 'evergrant token' : `evergrant token --as ${name}`
  const { signedIn, signedInAt } = signInWords(env)
  writeLine(stderr, `${paint('green', signedIn)}${signedInAt(serverName(signIn), command)}`)
}
