import { type Clock, EvergrantError, fail, recordKey, type Store, type Transport } from '@evergrant/core'
import { newHolderName, systemChance } from './chance.ts'
import { checkGrant, checkStore } from './check-options.ts'
import { ClientGate } from './client-gate.ts'
import type { Surroundings } from './effect-shell.ts'
import { fetchTransport } from './fetch-transport.ts'
import type { GrantOptions } from './grant-options.ts'
import { invalidOption } from './invalid-option.ts'
import { LOCAL_ENTRIES_MAX, localStore } from './local-store.ts'
import { type Particulars, Policies } from './policies.ts'
import { readSecret } from './secret.ts'
import { Session } from './session.ts'
import { type SessionHome, Source } from './source.ts'
import { sharedClock } from './system-clock.ts'
import type { Exchange } from './token-exchange.ts'
import type { TokenSource } from './token-source.ts'

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
  /**
   * How many grants are held ready at once, 10,000 by default. Beyond it those go that rest longest; the next call for one
   * of them reads its record again.
   */
  readonly sessionsMax?: number
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

export function tokenRuntime(options?: RuntimeOptions): TokenRuntime {
  return new Runtime(options)
}

/**
 * A source of one grant, with a runtime of its own.
 *
 * Throws an `EvergrantError` of code `invalid_option` when an option is out of its range, or is not what it has to be.
 */
export function tokenSource(options: GrantOptions & RuntimeOptions): TokenSource {
  return new Runtime(options).source(options, true)
}

class Runtime implements TokenRuntime, SessionHome {
  readonly clock: Clock
  readonly #surroundings: Surroundings
  readonly #sessionsMax: number
  readonly #newHolderName: () => string
  readonly #policies: Policies
  readonly #hasStore: boolean
  /** By key, those that were opened or used last at the end. */
  readonly #sessions = new Map<string, Session>()
  #closing: Promise<void> | undefined

  constructor(options: RuntimeOptions = {}) {
    const { clock = sharedClock(), sessionsMax = 10_000 } = options
    const store = options.store ?? undefined
    checkStore(store)
    if (!Number.isSafeInteger(sessionsMax) || sessionsMax < 1) {
      throw invalidOption(`sessionsMax is ${sessionsMax}, not a number of sessions of at least 1`)
    }
    this.#sessionsMax = sessionsMax
    this.#hasStore = store !== undefined
    this.clock = clock
    this.#newHolderName = options.newHolderName ?? newHolderName
    this.#surroundings = {
      store: store ?? localStore({ entriesMax: Math.max(sessionsMax, LOCAL_ENTRIES_MAX), clock }),
      transport: options.transport ?? fetchTransport(),
      clock,
      random: options.random ?? systemChance,
    }
    this.#policies = new Policies(this.#surroundings.store.traits)
  }

  source(options: GrantOptions, ownsThis = false): TokenSource {
    // Checked now, though there is no session yet, so that a mistake shows where it was made.
    checkGrant(options, this.#hasStore)
    const { callTimeoutMs } = this.#policies.check(options)
    const source = new Source(this, options, callTimeoutMs, ownsThis)
    if (options.keepWarm) source.warmUp()
    return source
  }

  find(options: GrantOptions, exchange: Exchange | undefined): Session | Promise<Session> {
    const { client, grant } = options
    const seed = grant?.type === 'refresh_token' ? grant.refreshToken : undefined
    const { proof } = client
    if (typeof client.id === 'string' && typeof seed !== 'object' && proof === undefined) {
      return this.#session(options, exchange, { id: client.id, seed })
    }
    const found = Promise.all([
      readSecret(client.id, 'client id'),
      seed === undefined ? undefined : readSecret(seed, 'refresh token'),
      proof?.thumbprint(),
    ])
    return found.then(([id, text, thumbprint]) =>
      this.#session(options, exchange, { id, seed: text, thumbprint }),
    )
  }

  #session(options: GrantOptions, exchange: Exchange | undefined, particulars: Particulars): Session {
    if (this.#closing !== undefined) throw new EvergrantError(fail('closed'))
    const { provider, client, revocation } = options
    const policy = this.#policies.of(options, particulars, this.#newHolderName())
    const key = recordKey(policy.identity)
    const found = this.#sessions.get(key)
    if (found === undefined && this.#sessions.size >= this.#sessionsMax) this.#evict()
    const session = found ?? new Session(key, policy, this.#surroundings, new ClientGate(provider, client))
    // The token to exchange may come along with its bearer, each time a newer one.
    session.gate.exchange = exchange
    session.revoker ??= revocation?.open({ provider, client, ...this.#surroundings })
    if (policy.keepWarm) session.keepWarm()
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    return session
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

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.#sessions.clear()
    await Promise.all(sessions.map(session => session.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
