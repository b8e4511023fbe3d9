import { type Entry, EvergrantError, type Store } from '@evergrant/core'
import { parseEnvelope } from './envelope.ts'
import type { Keyring } from './keyring.ts'
import { invalidOption } from './seal-failure.ts'

/** How far a change of keys has come. */
export interface RekeyProgress {
  /** Keys of the store that were looked at. */
  readonly looked: number
  /** Records that were sealed under the current key by this run. */
  readonly rewritten: number
  /** Records that were under it before, or that others have put there meanwhile. */
  readonly current: number
  /** Records that are left as they were: by the id of the key they are under. Those in clear are under `plain`. */
  readonly left: ReadonlyMap<string, number>
  /** Why records are left, by the code of the failure; `busy` for those that others kept writing. */
  readonly reasons: ReadonlyMap<string, number>
}

export interface RekeyOptions {
  /** Whether records in clear are sealed, too. `false` by default: somebody who can write to the store may have planted them. */
  readonly plain?: boolean
  /** Called after each record that was looked at. */
  readonly onProgress?: (progress: RekeyProgress) => void
  /** Fires to stop between two records. What was done is done, and the next run goes on from there. */
  readonly signal?: AbortSignal
}

/** How often a record is read again because somebody else was faster. */
const ATTEMPTS_MAX = 16
/** Keys that are remembered, so that one that a store names twice is counted once. */
const SEEN_MAX = 1_000_000
/** Records that are under way at once. */
const ABREAST = 8

/**
 * Seals all records of a store anew that are not under the ring's current key. `store` is the one behind `sealed()`:
 * what it holds is envelopes.
 *
 * Every record is replaced by a compare-and-swap of its own, so it may be stopped, or killed, at any moment, run again,
 * and run while others read and write: a record is under the one key or under the other, and nobody's write is lost.
 * Nothing is written over that does not open. Rejects with code `invalid_option` when the store cannot list its keys,
 * and with the failure of the store when that fails; a record that fails is counted, and left.
 */
export async function rekey(
  store: Store,
  keyring: Keyring,
  options: RekeyOptions = {},
): Promise<RekeyProgress> {
  const { plain = false, onProgress, signal } = options
  const keys = store.keys?.()
  if (keys === undefined) throw invalidOption('the store cannot list its keys.')
  const tally = {
    looked: 0,
    rewritten: 0,
    current: 0,
    left: new Map<string, number>(),
    reasons: new Map<string, number>(),
  }
  const seen = new Set<string>()
  const underWay = new Set<Promise<void>>()

  async function look(key: string): Promise<void> {
    const outcome = await resealed(store, keyring, key, plain)
    tally.looked += 1
    if (outcome === 'rewritten' || outcome === 'current') tally[outcome] += 1
    else if (outcome !== 'gone') {
      count(tally.left, outcome.under)
      count(tally.reasons, outcome.reason)
    }
    onProgress?.(tally)
  }

  let failure: { readonly error: unknown } | undefined
  for await (const key of keys) {
    if (signal?.aborted || failure !== undefined) break
    if (seen.has(key)) continue
    if (seen.size >= SEEN_MAX) seen.clear()
    seen.add(key)
    const work: Promise<void> = look(key)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => underWay.delete(work))
    underWay.add(work)
    if (underWay.size >= ABREAST) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  if (failure !== undefined) throw failure.error
  return tally
}

type Outcome = 'rewritten' | 'current' | 'gone' | { readonly under: string; readonly reason: string }

async function resealed(store: Store, keyring: Keyring, key: string, plain: boolean): Promise<Outcome> {
  let entry = await store.read(key)
  let under = 'unknown'
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts++) {
    if (entry === undefined) return 'gone'
    const next = await nextValue(entry, keyring, key, plain)
    if (next === 'current' || 'reason' in next) return next
    under = next.under
    const result = await store.write(key, { ...next.change, expected: entry.version })
    if (result.written) return 'rewritten'
    entry = result.entry
  }
  return { under, reason: 'busy' }
}

type Next =
  | 'current'
  | { readonly under: string; readonly reason: string }
  | { readonly under: string; readonly change: { readonly value: string; readonly retainUntil?: number } }

/** What is to take the place of an entry. */
async function nextValue({ value }: Entry, keyring: Keyring, key: string, plain: boolean): Promise<Next> {
  let under = 'unknown'
  try {
    const envelope = parseEnvelope(value)
    under = envelope?.keyId ?? 'plain'
    if (under === keyring.currentId) return 'current'
    if (envelope === undefined && !plain) return { under, reason: 'record_not_sealed' }
    const text = envelope === undefined ? value : await keyring.open(value, key)
    const retainUntil = envelope?.retainUntil
    const sealed = await keyring.seal(text, key, retainUntil)
    return { under, change: { value: sealed, ...(retainUntil !== undefined && { retainUntil }) } }
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    return { under, reason: error.code }
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
