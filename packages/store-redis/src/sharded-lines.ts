import type { ClientPattern } from './client-pattern.ts'
import { HintLine, type HintLineListener } from './hint-line.ts'
import type { Lines } from './lines.ts'
import type { Notify } from './notice.ts'
import { closedFailure, refusal, storeFailure, type Verdict } from './redis-failure.ts'
import type { Limits } from './settings.ts'
import { backoffMs, pause } from './timing.ts'
import type { Topology, TopologySource } from './topology.ts'

const SEARCH_MS_FIRST = 20
const SEARCH_MS_MAX = 1_000

/**
 * Listens to channels of a Cluster: each at the node that holds its slot, over one connection per node that is
 * listened to; or all at any one node, where the servers have no sharded channels.
 *
 * A connection is given up at the first sign of trouble, for its node may be gone or may have handed over its
 * slots. Its channels look for their new home until they have found it or are not wanted any more.
 */
export class ShardedLines implements Lines {
  readonly #pattern: ClientPattern
  readonly #limits: Limits
  readonly #topology: TopologySource
  readonly #listener: HintLineListener
  readonly #notify: Notify
  readonly #wanted = new Set<string>()
  readonly #lines = new Map<string, HintLine>()
  readonly #homes = new Map<string, HintLine>()
  #sharded = true
  /** Somebody was told that channels are not sharded. */
  #told = false
  #refreshing: Promise<void> | undefined
  #closed = false

  constructor(
    pattern: ClientPattern,
    limits: Limits,
    topology: TopologySource,
    listener: HintLineListener,
    notify: Notify,
  ) {
    this.#notify = notify
    this.#pattern = pattern
    this.#limits = limits
    this.#topology = topology
    this.#listener = listener
  }

  async hold(channel: string): Promise<void> {
    this.#wanted.add(channel)
    // Where there is no Cluster to be reached there is no use in searching it.
    await this.#topology()
    await this.#settle(channel)
  }

  release(channel: string): void {
    this.#wanted.delete(channel)
    const line = this.#homes.get(channel)
    this.#homes.delete(channel)
    line?.release(channel)
  }

  restart(): void {
    for (const [name, line] of this.#lines) this.#giveUp(name, line)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wanted.clear()
    await Promise.all([...this.#lines.values()].map(line => line.close()))
  }

  /** Listens to a channel at its home, wherever that is by then. Rejects when it is not wanted any more. */
  async #settle(channel: string): Promise<void> {
    for (let attempt = 1; this.#wanted.has(channel); attempt++) {
      let line: HintLine | undefined
      try {
        line = this.#home(channel, await this.#topology())
        await line.hold(channel)
        if (line !== this.#lines.get(EVERYWHERE)) this.#told = false
        return
      } catch (error) {
        // The line stands, so that what was refused was this channel.
        if (line !== undefined && this.#homes.get(channel) === line) throw error
      }
      await pause(backoffMs(attempt, SEARCH_MS_FIRST, SEARCH_MS_MAX))
      await this.#refresh()
    }
    throw this.#closed ? closedFailure() : storeFailure('The subscription was ended.')
  }

  #home(channel: string, topology: Topology): HintLine {
    const node = this.#sharded ? topology.ownerOf(channel) : topology.any()
    if (node === undefined) throw storeFailure('No node of the Cluster holds the slot.')
    const name = this.#sharded ? node.name : EVERYWHERE
    const line = this.#lines.get(name) ?? this.#newLine(name, () => this.#pattern.forHints(node.client))
    this.#homes.set(channel, line)
    return line
  }

  #newLine(name: string, make: () => ReturnType<ClientPattern['forHints']>): HintLine {
    const command = this.#sharded ? 'ssubscribe' : 'subscribe'
    const line: HintLine = new HintLine(make, command, this.#limits, {
      ...this.#listener,
      onTrouble: () => this.#giveUp(name, line),
      onRefused: (channels, verdict) => this.#onRefused(name, line, channels, verdict),
    })
    this.#lines.set(name, line)
    return line
  }

  #onRefused(name: string, line: HintLine, channels: readonly string[], verdict: Verdict): void {
    // The slot is elsewhere now, or the node is not well.
    if (verdict.again) return this.#giveUp(name, line)
    const without = verdict.unknown || verdict.code === 'NOPERM'
    if (!this.#sharded || !without) return line.refuse(channels, refusal(verdict.code))
    // Servers before 7 have no sharded channels; what is published there goes to the others.
    this.#sharded = false
    this.restart()
    if (!this.#told) this.#notify({ type: 'hints_unsharded' })
    this.#told = true
  }

  #giveUp(name: string, line: HintLine): void {
    if (this.#closed || this.#lines.get(name) !== line) return
    this.#lines.delete(name)
    // Whoever answers next may have been upgraded, or may allow more.
    if (name === EVERYWHERE) this.#sharded = true
    const channels = line.established
    for (const [channel, home] of this.#homes) if (home === line) this.#homes.delete(channel)
    if (channels.length > 0) this.#listener.onInterrupted()
    line.close().catch(() => undefined)
    for (const channel of channels) {
      this.#settle(channel).then(
        () => this.#listener.onResumed([channel]),
        () => undefined,
      )
    }
  }

  /** Many channels search at once; the Cluster is asked once. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#topology()
      .then(topology => topology.refresh())
      .catch(() => undefined)
      .finally(() => {
        this.#refreshing = undefined
      })
    return this.#refreshing
  }
}

/** The name of the one line that listens to all channels. */
const EVERYWHERE = '*'
