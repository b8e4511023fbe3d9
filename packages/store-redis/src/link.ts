import type { EvergrantError } from '@evergrant/core'
import type { Client } from './client-pattern.ts'
import { closedFailure, judge, sentinelCode, unreachable } from './redis-failure.ts'
import { after, afterAlive, backoffMs } from './timing.ts'

export interface LinkOptions<Made extends Client> {
  readonly make: () => Made
  /** How long the client may take to show a sign of life while it is not connected, in ms. */
  readonly stuckAfterMs: number
  /** A client is ready; also after every reconnection. */
  readonly onUp?: (client: Made) => void
  /** A client that was ready is not any more. */
  readonly onDown?: (reason: string | undefined) => void
  /** An attempt to connect has failed; why, as far as is known. */
  readonly onFailure?: (failure: EvergrantError) => void
}

interface Waiter<Made> {
  readonly resolve: (client: Made) => void
  readonly reject: (error: EvergrantError) => void
}

/**
 * A connection, or whatever it takes to have one: makes a client on first use, lets it reconnect, and replaces
 * it by a new one when it gives up, falls silent or is no longer believed.
 *
 * Whoever needs the connection waits for one attempt at most. Once an attempt has failed the link is down, and
 * everybody is told so at once until a client is ready again.
 */
export class Link<Made extends Client> {
  readonly #options: LinkOptions<Made>
  #client: Made | undefined
  #phase: 'unused' | 'connecting' | 'up' | 'down' | 'closed' = 'unused'
  #reason: string | undefined
  readonly #waiters = new Set<Waiter<Made>>()
  #heardAt = 0
  #cancelStuck: (() => void) | undefined
  /** The client has shown credentials that are not accepted, and will show the same again. */
  #unfit = false
  /** Clients that were made since one was ready. */
  #made = 0

  constructor(options: LinkOptions<Made>) {
    this.#options = options
  }

  /** The client, if it is ready this very moment. */
  get current(): Made | undefined {
    return this.#phase === 'up' && this.#client?.status === 'ready' ? this.#client : undefined
  }

  /** The client, as soon as it is ready. Rejects when an attempt to connect fails, or has failed before. */
  ready(): Promise<Made> {
    if (this.#phase === 'unused') this.#connect()
    const { current } = this
    if (current !== undefined) return Promise.resolve(current)
    if (this.#phase === 'closed') return Promise.reject(closedFailure())
    if (this.#phase === 'down') return Promise.reject(unreachable(this.#reason))
    return new Promise((resolve, reject) => this.#waiters.add({ resolve, reject }))
  }

  /** The server has answered something. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  /**
   * Nothing has come back for a command that was sent at `sentAt` (by `performance.now`). If nothing else has
   * either, the connection is dead, whatever the client thinks of it.
   */
  suspect(sentAt: number): void {
    if (this.#phase === 'up' && this.#heardAt < sentAt) this.replace()
  }

  /** Lets go of the client and makes a new one. */
  replace(): void {
    if (this.#phase === 'closed' || this.#phase === 'unused') return
    this.#lose(undefined)
    this.#connect()
  }

  /** Resolves when the connection is closed, which takes a moment at most. */
  async close(): Promise<void> {
    this.#phase = 'closed'
    this.#cancelStuck?.()
    this.#settleWaiters(waiter => waiter.reject(closedFailure()))
    const client = this.#client
    this.#client = undefined
    if (client === undefined || client.status === 'end') return
    await new Promise<void>(resolve => {
      // A client that is between two attempts to connect says nothing at all.
      const cancel = afterAlive(CLOSE_MS, resolve)
      client.once('end', () => {
        cancel()
        resolve()
      })
      client.disconnect()
    })
  }

  #connect(): void {
    this.#client?.disconnect()
    const client = this.#options.make()
    this.#client = client
    this.#unfit = false
    this.#made += 1
    if (this.#phase !== 'down') this.#phase = 'connecting'
    this.#watch()
    const current = (react: () => void) => () => {
      if (this.#client === client && this.#phase !== 'closed') react()
    }
    // Listeners come before the connection: an error that nobody hears is printed by ioredis.
    client.on('error', (error: unknown) => this.#onError(client, error))
    // One of several Sentinels, before the next is asked.
    client.on('sentinelError', (error: unknown) => this.#onSentinelError(client, error))
    client.on(
      'ready',
      current(() => this.#onReady(client)),
    )
    client.on(
      'close',
      current(() => this.#onClose()),
    )
    client.on(
      'connecting',
      current(() => this.#watch()),
    )
    client.on(
      'connect',
      current(() => this.#watch()),
    )
    client.on(
      'end',
      current(() => this.#onEnd()),
    )
    client.connect().catch(() => undefined)
  }

  #onReady(client: Made): void {
    // Events are told a moment late; by now it may have been lost again.
    if (client.status !== 'ready') return
    this.#cancelStuck?.()
    this.#phase = 'up'
    this.#reason = undefined
    this.#made = 0
    this.heard()
    this.#settleWaiters(waiter => waiter.resolve(client))
    this.#options.onUp?.(client)
  }

  #onError(client: Made, error: unknown): void {
    if (this.#client !== client || this.#phase === 'closed') return
    this.#reason = judge(error).code ?? this.#reason
    if (this.#phase === 'connecting') this.#fail()
    if (this.#phase !== 'down' || !CREDENTIALS.has(this.#reason ?? '')) return
    this.#unfit = true
    client.disconnect()
    this.#remakeLater()
  }

  #onSentinelError(client: Made, error: unknown): void {
    if (this.#client !== client || this.#phase === 'closed') return
    this.#reason = sentinelCode(error) ?? this.#reason
    // However many of them hang, the next one may not: each is given up in its time.
    if (this.#phase !== 'up') this.#watch()
  }

  #onClose(): void {
    if (this.#phase === 'up') this.#lose(this.#reason)
    else this.#fail()
    if (!this.#unfit) this.#watch()
  }

  /** The client was up; one attempt to reconnect is waited for. */
  #lose(reason: string | undefined): void {
    const wasUp = this.#phase === 'up'
    if (wasUp) this.#phase = 'connecting'
    if (wasUp) this.#options.onDown?.(reason)
  }

  #fail(): void {
    this.#phase = 'down'
    this.#settleWaiters(waiter => waiter.reject(unreachable(this.#reason)))
    this.#options.onFailure?.(unreachable(this.#reason))
  }

  /** The client will not try again by itself. */
  #onEnd(): void {
    this.#fail()
    this.#remakeLater()
  }

  /** The next client is made after the pattern as it is then: a password may have been changed there. */
  #remakeLater(): void {
    this.#cancelStuck?.()
    this.#cancelStuck = after(backoffMs(this.#made, REMAKE_MS, REMAKE_MS_MAX), () => this.#connect())
  }

  /** A client that shows no sign of life for long is not worth waiting for. */
  #watch(): void {
    this.#cancelStuck?.()
    this.#cancelStuck = after(this.#options.stuckAfterMs, () => {
      this.#fail()
      this.#connect()
    })
  }

  #settleWaiters(settle: (waiter: Waiter<Made>) => void): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) settle(waiter)
  }
}

const CLOSE_MS = 500
const REMAKE_MS = 250
const REMAKE_MS_MAX = 1_000
/** What servers and Sentinels say to credentials that they do not accept, or miss. */
const CREDENTIALS = new Set(['NOAUTH', 'WRONGPASS'])
