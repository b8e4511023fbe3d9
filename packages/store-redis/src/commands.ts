import type { EvergrantError } from '@evergrant/core'
import { type Client, isCluster } from './client-pattern.ts'
import type { Link } from './link.ts'
import { isUnknownScript, judge, notAlone, refusal, storeFailure } from './redis-failure.ts'
import type { Script } from './scripts.ts'
import type { Limits } from './settings.ts'
import { backoffMs, pause, within } from './timing.ts'

const AGAIN_MS_FIRST = 10
const AGAIN_MS_MAX = 200

/** One operation, which may take several attempts. */
interface Flight {
  /** When the last attempt was sent, by `performance.now`. */
  sentAt: number
  /** Nobody waits for it any more. */
  over: boolean
  /** What the server said instead of doing it, the last time that it said anything. */
  refused: string | undefined
}

/**
 * Runs scripts, each within its time: whatever becomes of the connection, the caller hears of it by then.
 *
 * A command whose answer was lost, or that a server has put off, is sent again while there is time. All of them
 * may be: a read changes nothing, and a write knows its own attempt.
 */
export class Commands {
  readonly #link: Link<Client>
  readonly #limits: Limits
  #pending = 0

  constructor(link: Link<Client>, limits: Limits) {
    this.#link = link
    this.#limits = limits
  }

  /** The answer of a script about one key. Rejects when there is none in time, or when it is a refusal. */
  async run(script: Script, key: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    const { pendingMax, commandTimeoutMs } = this.#limits
    if (this.#pending >= pendingMax) {
      throw storeFailure(`More than pendingMax (${pendingMax}) operations are under way.`)
    }
    this.#pending += 1
    const flight: Flight = { sentAt: performance.now(), over: false, refused: undefined }
    const late = (): EvergrantError => {
      flight.over = true
      this.#link.suspect(flight.sentAt)
      if (flight.refused !== undefined) return refusal(flight.refused)
      return storeFailure(`Redis did not answer within ${commandTimeoutMs} ms.`)
    }
    try {
      return await within(commandTimeoutMs, this.#attempts(flight, script, key, args), late)
    } finally {
      flight.over = true
      this.#pending -= 1
    }
  }

  async #attempts(
    flight: Flight,
    script: Script,
    key: string,
    args: readonly (string | Buffer)[],
  ): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const client = this.#link.current ?? (await this.#link.ready())
      // The caller has gone; what it did not get must not happen behind its back.
      if (flight.over) throw storeFailure('Redis did not answer in time.')
      flight.sentAt = performance.now()
      try {
        const reply = await send(client, flight, script, key, args)
        this.#link.heard()
        return reply
      } catch (error) {
        const { code, answered, again } = judge(error)
        if (answered) this.#link.heard()
        if (code === 'MOVED' && !isCluster(client)) throw notAlone()
        if (!again) throw refusal(code)
        flight.refused = answered ? code : undefined
      }
      await pause(backoffMs(attempt, AGAIN_MS_FIRST, AGAIN_MS_MAX))
    }
  }
}

/** Servers forget scripts when they restart and when another takes their place. */
async function send(
  client: Client,
  flight: Flight,
  { text, sha }: Script,
  key: string,
  args: readonly (string | Buffer)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, 1, key, ...args)
  } catch (error) {
    // Nor does it come late, when nobody waits for it any more.
    if (!isUnknownScript(error) || flight.over) throw error
    return client.eval(text, 1, key, ...args)
  }
}
