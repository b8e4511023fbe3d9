import { type Provider, tolerantProfile } from '@evergrant/core'
import {
  type FaultyStore,
  faultyStore,
  jsonResponse,
  type ScriptedTransport,
  type Step,
  scriptedTransport,
  type VirtualClock,
  virtualClock,
} from '@evergrant/testkit'
import {
  type GrantOptions,
  localStore,
  type TokenEvent,
  type TokenSource,
  tokenSource,
} from '../../src/index.ts'

export const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token',
  clientSecretMethod: 'client_secret_post',
  profile: tolerantProfile,
  policy: {},
}

export interface Rig {
  readonly clock: VirtualClock
  readonly transport: ScriptedTransport
  readonly store: FaultyStore
  readonly source: TokenSource
  readonly events: TokenEvent[]
}

/** A source on a virtual clock, with a token endpoint that gives token-1, token-2, … of an hour each. */
export function rig(options: Partial<GrantOptions> = {}, otherwise: Step = numberedTokens()): Rig {
  const clock = virtualClock()
  const transport = scriptedTransport(otherwise)
  const store = faultyStore(localStore({ clock }))
  const source = tokenSource({
    provider: PROVIDER,
    client: { id: 'the-id', secret: 'the-s3cret' },
    random: () => 0.5,
    ...options,
    clock,
    transport,
    store,
  })
  const events: TokenEvent[] = []
  source.on(event => events.push(event))
  return { clock, transport, store, source, events }
}

export function numberedTokens(lifeSeconds = 3600): Step {
  let count = 0
  return () => jsonResponse({ access_token: `token-${++count}`, expires_in: lifeSeconds })
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Record<string, unknown>
  }
  throw new Error('it succeeded')
}
