import {
  type Clock,
  EvergrantError,
  fail,
  type GrantType,
  grantIdentity,
  grantPolicy,
  keepingRefreshTokens,
  type PolicyNumbers,
  type Provider,
  recordKey,
  type Secret,
  type Store,
  type Transport,
} from '@evergrant/core'
import { newHolderName, systemChance } from './chance.ts'
import { type Client, ClientGate } from './client-gate.ts'
import type { Surroundings } from './effect-shell.ts'
import { fetchTransport } from './fetch-transport.ts'
import { localStore } from './local-store.ts'
import { readSecret } from './secret.ts'
import { Session } from './session.ts'
import { sharedClock } from './system-clock.ts'
import { Source, type TokenSource } from './token-source.ts'

/** What the sources of a runtime share. Everything has a default. */
export interface RuntimeOptions {
  /** Where grants are kept. The memory of this process by default. */
  readonly store?: Store
  /** How token requests are sent. The runtime's own `fetch` by default. */
  readonly transport?: Transport
  /** The system's clocks by default. */
  readonly clock?: Clock
  /** Numbers of [0, 1), for jitter. `Math.random` by default. */
  readonly random?: () => number
  /**
   * Names for sessions, each of which no other session of any process ever has: two holders of one name would
   * take each other's leases for their own. Random UUIDs by default; for simulations, which must repeat themselves.
   */
  readonly newHolderName?: () => string
  /** How many grants are held in memory at once; those that rest longest go first. 10,000 by default. */
  readonly sessionsMax?: number
}

/** One grant: whose, from where, and how to keep it. */
export interface GrantOptions {
  readonly provider: Provider
  readonly client: Client
  /** Client credentials by default. */
  readonly grant?:
    | { readonly type: 'client_credentials' }
    /** A delegated grant. The refresh token is needed only while the store has none. */
    | { readonly type: 'refresh_token'; readonly refreshToken?: string | Secret }
  /** On whose behalf: keeps the grants of several users or tenants apart. */
  readonly subject?: string
  readonly scopes?: readonly string[]
  readonly audience?: string
  /** Resource indicators (RFC 8707). */
  readonly resources?: readonly string[]
  /** Renew before anybody asks. `false` by default: renewal begins when a token that is due is asked for. */
  readonly keepWarm?: boolean
  /** `follower` only reads what another process renews. `renewer` by default. */
  readonly role?: 'renewer' | 'follower'
  /** Numbers that differ from the provider's and from the defaults. */
  readonly policy?: Partial<PolicyNumbers>
}

/** Many sources over one store, one transport and one clock. */
export interface TokenRuntime extends AsyncDisposable {
  /** A source of this grant. Sources of the same grant share everything but their `close()`. */
  source(options: GrantOptions): TokenSource
  /** Ends all sources. Store and transport belong to whoever made them, and stay open. */
  close(): Promise<void>
}

/** How many of the longest-resting sessions are looked at to find one that may go. */
const EVICTION_LOOKS_MAX = 100

export function tokenRuntime(options: RuntimeOptions = {}): TokenRuntime {
  return new Runtime(options)
}

/**
 * A source of one grant, with a runtime of its own.
 *
 * Throws an `EvergrantError` of code `invalid_option` when an option is out of its range.
 */
export function tokenSource(options: GrantOptions & RuntimeOptions): TokenSource {
  const runtime = new Runtime(options)
  return runtime.source(options, () => runtime.close())
}

class Runtime implements TokenRuntime {
  readonly #surroundings: Surroundings
  readonly #sessionsMax: number
  readonly #newHolderName: () => string
  /** By key, those that were opened or used last at the end. */
  readonly #sessions = new Map<string, Session>()
  #closed = false

  constructor(options: RuntimeOptions) {
    const { clock = sharedClock(), sessionsMax = 10_000 } = options
    if (!Number.isSafeInteger(sessionsMax) || sessionsMax < 1) {
      throw new EvergrantError(
        fail('invalid_option', { message: `Invalid option: sessionsMax is ${sessionsMax}.` }),
      )
    }
    this.#sessionsMax = sessionsMax
    this.#newHolderName = options.newHolderName ?? newHolderName
    this.#surroundings = {
      store: options.store ?? localStore({ entriesMax: sessionsMax, clock }),
      transport: options.transport ?? fetchTransport(),
      clock,
      random: options.random ?? systemChance,
    }
  }

  source(options: GrantOptions, close: () => Promise<void> = async () => undefined): TokenSource {
    // Checked now, with a stand-in for the client id, so that a mistake shows where it was made.
    const { callTimeoutMs } = this.#policy(options, 'client', undefined)
    requireSecret(options)
    const gate = new ClientGate(options.provider, options.client)
    const { clock } = this.#surroundings
    const source = new Source({ find: () => this.#find(options, gate), callTimeoutMs, clock, close })
    if (options.keepWarm) source.warmUp().catch(() => undefined)
    return source
  }

  #find(options: GrantOptions, gate: ClientGate): Session | Promise<Session> {
    const { client, grant } = options
    const seed = grant?.type === 'refresh_token' ? grant.refreshToken : undefined
    if (typeof client.id === 'string' && (seed === undefined || typeof seed === 'string')) {
      return this.#session(options, gate, client.id, seed)
    }
    const id = readSecret(client.id, 'client id')
    const seedText = seed === undefined ? undefined : readSecret(seed, 'refresh token')
    return Promise.all([id, seedText]).then(([idText, text]) => this.#session(options, gate, idText, text))
  }

  #session(options: GrantOptions, gate: ClientGate, id: string, seed: string | undefined): Session {
    if (this.#closed) throw new EvergrantError(fail('closed'))
    const policy = this.#policy(options, id, seed)
    const key = recordKey(policy.identity)
    const found = this.#sessions.get(key)
    if (found === undefined && this.#sessions.size >= this.#sessionsMax) this.#evict()
    const session = found ?? new Session(policy, this.#surroundings, gate)
    if (policy.keepWarm) session.keepWarm()
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    return session
  }

  #policy(options: GrantOptions, clientId: string, seedRefreshToken: string | undefined) {
    const { provider, grant, keepWarm = false, role = 'renewer' } = options
    const grantType: GrantType = grant?.type ?? 'client_credentials'
    const { subject, scopes, audience, resources } = options
    return grantPolicy({
      ...provider.policy,
      ...options.policy,
      identity: grantIdentity({
        provider: provider.name,
        tokenEndpoint: provider.tokenEndpoint,
        clientId,
        grantType,
        ...(subject === undefined ? {} : { subject }),
        ...(scopes === undefined ? {} : { scopes }),
        ...(audience === undefined ? {} : { audience }),
        ...(resources === undefined ? {} : { resources }),
      }),
      holder: this.#newHolderName(),
      profile: grantType === 'refresh_token' ? keepingRefreshTokens(provider.profile) : provider.profile,
      renewWith:
        grantType === 'refresh_token' ? 'refresh_token' : (provider.renewWith ?? 'client_credentials'),
      refreshTokenUse: provider.refreshTokenUse ?? 'single_use',
      seedRefreshToken,
      keepWarm,
      role,
      shared: this.#surroundings.store.traits.scope !== 'process',
    })
  }

  /** Makes room: the session that rests longest goes, if it has nothing under way. */
  #evict(): void {
    let looks = 0
    for (const [key, session] of this.#sessions) {
      if (session.isIdle) {
        this.#sessions.delete(key)
        session.close().catch(() => undefined)
        return
      }
      if (++looks >= EVICTION_LOOKS_MAX) break
    }
    throw new EvergrantError(fail('sessions_exhausted'))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    await Promise.all(sessions.map(session => session.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Client credentials are for confidential clients (RFC 6749 §4.4): a missing secret is a mistake, not a public client. */
function requireSecret({ client, grant }: GrantOptions): void {
  if (grant?.type === 'refresh_token' || client.secret !== undefined || client.authentication !== undefined)
    return
  const message = 'Invalid option: client.secret is missing; is the variable set that it comes from?'
  throw new EvergrantError(fail('invalid_option', { message }))
}
