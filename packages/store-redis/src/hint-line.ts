import type { Redis } from 'ioredis'
import { Link } from './link.ts'
import { closedFailure, judge, storeFailure, type Verdict } from './redis-failure.ts'
import type { Limits } from './settings.ts'
import { after, within } from './timing.ts'

/** What a line says about its channels. */
export interface HintLineListener {
  /** Something was published; `message` as it came. */
  readonly onHint: (channel: string, message: string) => void
  /** These channels were not listened to for a while, and are again. */
  readonly onResumed: (channels: readonly string[]) => void
  /** What was listened to is not any more. */
  readonly onInterrupted: () => void
  /**
   * `lost`: there is no connection, and it is being tried to have one again. `dead`: there is one, but it is not
   * what it seems to be; whoever hears of it has to act.
   */
  readonly onTrouble: (trouble: 'lost' | 'dead') => void
  /** The server does not let these channels be listened to here. */
  readonly onRefused: (channels: readonly string[], verdict: Verdict) => void
}

interface Held {
  /** The server was asked over the connection that there is, and has not refused. */
  asked: boolean
  standing: boolean
  /** Whether it has stood before: then nobody waits for it, but somebody may have missed something. */
  established: boolean
  waiters: { readonly resolve: () => void; readonly reject: (error: Error) => void }[]
}

function newHeld(): Held {
  return { asked: false, standing: false, established: false, waiters: [] }
}

/** Channels per `SUBSCRIBE`, so that many keys do not take many round trips. */
const BATCH = 500
/** Unanswered probes after which the connection is dead. */
const MISSES_MAX = 2

/**
 * One connection that listens to channels.
 *
 * A connection for subscriptions is silent by nature, so its silence proves nothing. Every now and then it
 * leaves a channel that it has never joined: nothing changes, and the server answers with the number of
 * subscriptions that it knows of. If these are too few, some were lost, and with them perhaps a hint.
 */
export class HintLine {
  readonly #link: Link<Redis>
  readonly #command: 'subscribe' | 'ssubscribe'
  readonly #limits: Limits
  readonly #listener: HintLineListener
  readonly #held = new Map<string, Held>()
  /** Those of them that the server is to be asked for next. */
  readonly #unasked = new Set<string>()
  #joining = false
  #probes = 0
  #cancelProbe: (() => void) | undefined
  #closed = false

  constructor(
    make: () => Redis,
    command: 'subscribe' | 'ssubscribe',
    limits: Limits,
    listener: HintLineListener,
  ) {
    this.#command = command
    this.#limits = limits
    this.#listener = listener
    this.#link = new Link({
      make: () => this.#listenTo(make()),
      stuckAfterMs: limits.connectTimeoutMs + limits.commandTimeoutMs,
      onUp: client => this.#onUp(client),
      onDown: () => this.#onDown(),
      onFailure: failure => this.#onFailure(failure),
    })
  }

  get #leaving(): 'unsubscribe' | 'sunsubscribe' {
    return this.#command === 'ssubscribe' ? 'sunsubscribe' : 'unsubscribe'
  }

  /** The channels that have been listened to, though perhaps not at the moment. */
  get established(): readonly string[] {
    return [...this.#held].filter(([, { established }]) => established).map(([channel]) => channel)
  }

  /**
   * Listens to a channel; resolves once the server has said so. When it rejects the channel is still held:
   * release it, or it will be listened to as soon as that is possible.
   */
  hold(channel: string): Promise<void> {
    if (this.#closed) return Promise.reject(closedFailure())
    const held = this.#held.get(channel) ?? newHeld()
    this.#held.set(channel, held)
    if (held.standing) return Promise.resolve()
    if (!held.asked) this.#unasked.add(channel)
    return new Promise((resolve, reject) => {
      held.waiters.push({ resolve, reject })
      this.#link.ready().then(() => this.#joinSoon(), reject)
    })
  }

  /** Stops listening to a channel. */
  release(channel: string): void {
    const held = this.#held.get(channel)
    this.#held.delete(channel)
    this.#unasked.delete(channel)
    if (held?.standing) this.#leave(channel)
  }

  /** Tells those who wait for these channels that they wait in vain. */
  refuse(channels: readonly string[], error: Error): void {
    this.#settle(
      channels.flatMap(channel => this.#held.get(channel) ?? []),
      error,
    )
  }

  /** Begins anew with another connection. */
  restart(): void {
    this.#link.replace()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelProbe?.()
    this.#settle([...this.#held.values()], closedFailure())
    this.#held.clear()
    this.#unasked.clear()
    await this.#link.close()
  }

  #listenTo(client: Redis): Redis {
    const hear = (channel: string, message: string) => {
      if (this.#held.has(channel)) this.#listener.onHint(channel, message)
    }
    client.on('message', hear)
    client.on('smessage', hear)
    // A slot has moved away, and its subscriptions with it: said in so many words by newer versions of ioredis,
    // and noticed as an answer that nobody has asked for by older ones.
    client.on('moved', () => this.#listener.onTrouble('dead'))
    client.on('error', (error: Error) => {
      if (error.message.startsWith('Command queue state error')) this.#listener.onTrouble('dead')
    })
    return client
  }

  #onUp(client: Redis): void {
    this.#joinAll(client)
    this.#scheduleProbe(client, 0)
  }

  #onDown(): void {
    this.#cancelProbe?.()
    const lost = [...this.#held.values()].filter(({ standing }) => standing)
    for (const held of this.#held.values()) {
      held.standing = false
      held.asked = false
    }
    if (lost.length > 0) this.#listener.onInterrupted()
    this.#listener.onTrouble('lost')
  }

  /** Those that wait for their first subscription need not wait any longer; the others have time. */
  #onFailure(failure: Error): void {
    this.#settle(
      [...this.#held.values()].filter(({ established }) => !established),
      failure,
    )
    this.#listener.onTrouble('lost')
  }

  /** All that were asked for in this turn, with one command. */
  #joinSoon(): void {
    if (this.#joining) return
    this.#joining = true
    queueMicrotask(() => {
      this.#joining = false
      const client = this.#link.current
      if (client !== undefined) this.#join(client)
    })
  }

  /** All that the server has not been asked for, or that it has refused. */
  #joinAll(client: Redis): void {
    for (const [channel, { asked }] of this.#held) if (!asked) this.#unasked.add(channel)
    this.#join(client)
  }

  #join(client: Redis): void {
    const missing = [...this.#unasked]
    this.#unasked.clear()
    for (const channel of missing) this.#mark(channel, true)
    // Channels of several slots cannot share a command.
    const size = this.#command === 'ssubscribe' ? 1 : BATCH
    for (let i = 0; i < missing.length; i += size) {
      const channels = missing.slice(i, i + size)
      const asked = channels.map(channel => this.#held.get(channel))
      this.#inTime(client[this.#command](...channels)).then(
        () => this.#joined(client, channels, asked),
        (error: unknown) => this.#notJoined(client, channels, error),
      )
    }
  }

  #mark(channel: string, asked: boolean): void {
    const held = this.#held.get(channel)
    if (held !== undefined) held.asked = asked
  }

  #inTime(answer: Promise<unknown>): Promise<unknown> {
    return within(this.#limits.commandTimeoutMs, answer, () => storeFailure('Redis did not answer.'))
  }

  #joined(client: Redis, channels: readonly string[], asked: readonly (Held | undefined)[]): void {
    if (this.#link.current !== client) return
    const resumed: string[] = []
    for (const [i, channel] of channels.entries()) {
      const held = this.#held.get(channel)
      if (held === undefined) this.#leave(channel)
      // Released and held again meanwhile: a later command is about that.
      if (held === undefined || held !== asked[i] || held.standing) continue
      held.standing = true
      if (held.established) resumed.push(channel)
      held.established = true
      this.#settle([held])
    }
    if (resumed.length > 0) this.#listener.onResumed(resumed)
  }

  #notJoined(client: Redis, channels: readonly string[], error: unknown): void {
    if (this.#link.current !== client) return
    const verdict = judge(error)
    for (const channel of channels) this.#mark(channel, false)
    if (verdict.answered) this.#listener.onRefused(channels, verdict)
    else this.#listener.onTrouble('dead')
  }

  #leave(channel: string): void {
    this.#link.current?.[this.#leaving](channel).catch(() => undefined)
  }

  #settle(all: readonly Held[], error?: Error): void {
    for (const held of all) {
      const { waiters } = held
      held.waiters = []
      for (const { resolve, reject } of waiters) error === undefined ? resolve() : reject(error)
    }
  }

  #scheduleProbe(client: Redis, misses: number): void {
    this.#cancelProbe?.()
    const waitMs = misses === 0 ? this.#limits.probeIntervalMs : 0
    this.#cancelProbe = after(waitMs, () => {
      this.#probe(client).then(
        complete => this.#probed(client, complete ? 'complete' : 'incomplete', misses),
        () => this.#probed(client, 'missed', misses),
      )
    })
  }

  #probed(client: Redis, outcome: 'complete' | 'incomplete' | 'missed', misses: number): void {
    if (this.#closed || this.#link.current !== client) return
    const dead = outcome === 'incomplete' || (outcome === 'missed' && misses + 1 >= MISSES_MAX)
    if (dead) return this.#listener.onTrouble('dead')
    this.#scheduleProbe(client, outcome === 'missed' ? misses + 1 : 0)
    // Whatever was refused before may be allowed now.
    if (outcome === 'complete') this.#joinAll(client)
  }

  /** Whether the server has all the subscriptions that this connection should have. */
  async #probe(client: Redis): Promise<boolean> {
    const standing = [...this.#held].filter(([, held]) => held.standing).map(([channel]) => channel)
    const channel = standing[this.#probes++ % Math.max(standing.length, 1)]
    const unjoined = channel === undefined ? undefined : neighbour(channel)
    if (unjoined !== undefined) {
      return Number(await this.#inTime(client[this.#leaving](unjoined))) >= standing.length
    }
    await this.#inTime(client.ping())
    return true
  }
}

/**
 * A channel that nobody joins, in the same slot as this one. `undefined` for a name of odd braces, which has no
 * such neighbour.
 */
function neighbour(channel: string): string | undefined {
  if (/^[^{]*\{[^}]+\}/.test(channel)) return `${channel}?`
  return channel.includes('}') ? undefined : `{${channel}}?`
}
