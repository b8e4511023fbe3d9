import type { Version } from '@evergrant/core'
import type { ClientPattern } from './client-pattern.ts'
import { HintLine, type HintLineListener } from './hint-line.ts'
import type { Lines } from './lines.ts'
import type { Notify } from './notice.ts'
import { closedFailure, refusal, storeFailure } from './redis-failure.ts'
import type { Limits } from './settings.ts'
import { ShardedLines } from './sharded-lines.ts'
import { within } from './timing.ts'
import type { TopologySource } from './topology.ts'

/** What somebody who has subscribed to a key is called back with: the version it may have now, if known. */
export type OnChange = (version?: Version) => void

/** Who wants to hear of which key, over connections that are made when the first one does. */
export class Hints {
  readonly #limits: Limits
  readonly #listeners = new Map<string, Set<OnChange>>()
  readonly #lines: Lines
  #closed = false

  constructor(pattern: ClientPattern, limits: Limits, topology: TopologySource, notify: Notify) {
    this.#limits = limits
    let interrupted = false
    const listener: HintLineListener = {
      onHint: (channel, message) => this.#tell(channel, message as Version),
      onResumed: channels => {
        if (interrupted) notify({ type: 'hints_restored' })
        interrupted = false
        for (const channel of channels) this.#tell(channel)
      },
      onInterrupted: () => {
        if (!interrupted) notify({ type: 'hints_interrupted' })
        interrupted = true
      },
      onTrouble: () => undefined,
      onRefused: () => undefined,
    }
    this.#lines = pattern.isCluster
      ? new ShardedLines(pattern, limits, topology, listener, notify)
      : singleLine(pattern, limits, listener)
  }

  /**
   * Calls back when something is published on the channel, and when something may have been while nobody
   * listened. Resolves, once the subscription stands, to the function that ends it.
   */
  async subscribe(channel: string, onChange: OnChange): Promise<() => Promise<void>> {
    if (this.#closed) throw closedFailure()
    const { commandTimeoutMs, subscriptionsMax } = this.#limits
    const all = this.#listeners.get(channel) ?? new Set()
    if (all.size === 0 && this.#listeners.size >= subscriptionsMax) {
      throw storeFailure(`More than subscriptionsMax (${subscriptionsMax}) keys are subscribed to.`)
    }
    // A listener of its own for each subscription, so that the same function can subscribe twice.
    const hear: OnChange = version => onChange(version)
    this.#listeners.set(channel, all.add(hear))
    const end = async (): Promise<void> => {
      if (!all.delete(hear) || all.size > 0 || this.#listeners.get(channel) !== all) return
      this.#listeners.delete(channel)
      this.#lines.release(channel)
    }
    try {
      await within(commandTimeoutMs, this.#lines.hold(channel), () =>
        storeFailure(`The subscription did not stand within ${commandTimeoutMs} ms.`),
      )
    } catch (error) {
      await end()
      throw error
    }
    return end
  }

  /** The server that was listened to has lost its role: another one may be publishing. */
  restart(): void {
    this.#lines.restart()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    await this.#lines.close()
  }

  #tell(channel: string, version?: Version): void {
    for (const hear of this.#listeners.get(channel) ?? []) {
      try {
        hear(version)
      } catch {
        // Whoever subscribes must not keep others from hearing.
      }
    }
  }
}

/** One server at a time: one connection for all channels. */
function singleLine(pattern: ClientPattern, limits: Limits, listener: HintLineListener): Lines {
  const line: HintLine = new HintLine(() => pattern.forHints(), 'subscribe', limits, {
    ...listener,
    onTrouble: trouble => {
      if (trouble === 'dead') line.restart()
    },
    onRefused: (channels, { code }) => line.refuse(channels, refusal(code)),
  })
  return line
}
