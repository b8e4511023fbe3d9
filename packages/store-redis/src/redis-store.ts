import type { Change, Store } from '@evergrant/core'
import { type Client, type ClientPattern, clientPattern, isCluster } from './client-pattern.ts'
import { Commands } from './commands.ts'
import { Demotion } from './demotion.ts'
import { Hints } from './hints.ts'
import { scanKeys } from './key-scan.ts'
import { Link } from './link.ts'
import { type Notify, notifier } from './notice.ts'
import { ATTEMPT_REMEMBERED_MS, attemptNumber, entryOf, keepMs, outcomeOf } from './record.ts'
import { redactedBytes } from './redacted-bytes.ts'
import { closedFailure, storeFailure } from './redis-failure.ts'
import { READ_SCRIPT, WRITE_SCRIPT } from './scripts.ts'
import { type Limits, limitsOf, type RedisStoreOptions } from './settings.ts'
import { survey } from './survey.ts'
import { topologyOf } from './topology.ts'

/**
 * A store in Redis or Valkey, shared by all processes that use the same server and prefix. Connects on first
 * use, with two connections of its own (in a Cluster: one per node that is used), which keep the process alive
 * until `close`.
 *
 * An operation takes one command and settles within `commandTimeoutMs`; while the server is known to be out of
 * reach it is rejected at once. A rejection is an `EvergrantError` of code `store_unreachable`, whose kind is
 * `configure` when only a person can help; it carries no text of the server, which may repeat what was sent.
 * Throws `invalid_option` when an option is out of its range.
 */
export function redisStore(options: RedisStoreOptions): Store {
  const limits = limitsOf(options)
  const demotion = new Demotion()
  const pattern = clientPattern(options, limits, demotion)
  const { durable = false, evicts = true, clock = { now: () => Date.now() } } = options
  const notify = notifier(options.onNotice)
  const link = commandLink(pattern, limits, durable, notify)
  const hints: Hints = new Hints(pattern, limits, async () => topologyOfReady(await link.ready()), notify)
  const commands = new Commands(link, limits)
  /** The server refuses to publish, and that was told. */
  let silenced = false
  let closed = false

  function open(): void {
    if (closed) throw closedFailure()
  }

  function writeArguments({ value, expected, retainUntil }: Change): (string | Buffer)[] {
    const keep = value === undefined ? ATTEMPT_REMEMBERED_MS : keepMs(retainUntil, clock.now())
    const head = [expected ?? '', attemptNumber(), String(keep), pattern.isCluster ? '1' : '0']
    if (value === undefined) return head
    const bytes = redactedBytes(value)
    if (bytes.length > limits.valueBytesMax) {
      throw storeFailure(`A value of ${bytes.length} bytes exceeds valueBytesMax (${limits.valueBytesMax}).`)
    }
    return [...head, bytes]
  }

  return {
    traits: { scope: 'shared', durable, evicts, staleMsMax: 0 },
    async read(key) {
      open()
      return entryOf(await commands.run(READ_SCRIPT, pattern.prefix + key, []))
    },
    async write(key, change) {
      open()
      const reply = await commands.run(WRITE_SCRIPT, pattern.prefix + key, writeArguments(change))
      const { result, untold } = outcomeOf(reply)
      // Whoever is master now may not be the one that is listened to.
      if (result.written && demotion.isOver()) hints.restart()
      if (untold && !silenced) notify({ type: 'hints_refused' })
      if (result.written) silenced = untold
      return result
    },
    async subscribe(key, onChange) {
      open()
      return hints.subscribe(pattern.prefix + key, onChange)
    },
    async *keys() {
      open()
      yield* scanKeys(await link.ready(), pattern.prefix, limits.commandTimeoutMs)
    },
    async close() {
      closed = true
      await Promise.all([link.close(), hints.close()])
    },
  }
}

function commandLink(pattern: ClientPattern, limits: Limits, durable: boolean, notify: Notify): Link<Client> {
  let surveyed = false
  let lost = false
  return new Link({
    make: () => pattern.forCommands(),
    stuckAfterMs: limits.connectTimeoutMs + limits.commandTimeoutMs,
    onUp(client) {
      if (lost) notify({ type: 'connection_restored' })
      lost = false
      if (!surveyed) survey(client, durable, notify).catch(() => undefined)
      surveyed = true
    },
    onDown(reason) {
      lost = true
      notify(reason === undefined ? { type: 'connection_lost' } : { type: 'connection_lost', reason })
    },
  })
}

function topologyOfReady(client: Client) {
  if (!isCluster(client)) throw new TypeError('A single server has no topology.')
  return topologyOf(client)
}
