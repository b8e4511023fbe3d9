import {
  type Clock,
  decodeRecord,
  EvergrantError,
  encodeRecord,
  fail,
  type GrantRecord,
  type Store,
} from '@evergrant/core'
import { invalidOption } from './bundle-failure.ts'
import type { BundledGrant } from './bundled-grant.ts'
import { CLOCK_TOLERANCE_MS, clockMemory, requireForward } from './clock-memory.ts'
import { requireUnexpired } from './open-bundle.ts'
import { OpenedBundle } from './opened-bundle.ts'

export interface ImportBundleOptions {
  /** The system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * What became of a grant: it is in the store now (`imported`); the store has this token already (`known`), or one that
 * is no worse (`newer`); somebody is renewing it at this moment (`busy`); or its token has expired (`expired`).
 */
export type ImportOutcome = 'imported' | 'known' | 'newer' | 'busy' | 'expired'

export interface ImportedGrant {
  readonly grant: BundledGrant
  readonly outcome: ImportOutcome
}

/** Others may write in between; so often in a row they do not. */
const ATTEMPTS_MAX = 20

/**
 * Puts the grants of a bundle into a store, where sources of the same identity find them and serve their tokens until
 * they expire, without any network.
 *
 * A usable token of a later generation, or that lives as long, is never replaced; nor is a refresh token that the store
 * holds. The store remembers the time, so that a clock which is set back afterwards is noticed by the next bundle.
 *
 * Rejects with `clock_set_back`, `bundle_expired`, or `record_newer` where a later version of Evergrant keeps its
 * records in this store; and as the store does. What has been imported by then stays.
 */
export async function importBundle(
  opened: OpenedBundle,
  store: Store,
  { clock = Date }: ImportBundleOptions = {},
): Promise<readonly ImportedGrant[]> {
  if (!OpenedBundle.is(opened)) throw invalidOption('the bundle was not opened by openBundle')
  const memory = clockMemory(store)
  const now = clock.now()
  await requireForward(memory, now, CLOCK_TOLERANCE_MS)
  requireUnexpired(opened, now)
  await memory.saw(Math.max(now, opened.issuedAt))
  const results: ImportedGrant[] = []
  for (const grant of opened.grants) {
    results.push({ grant, outcome: await importGrant(grant, store, now) })
  }
  return results
}

async function importGrant(grant: BundledGrant, store: Store, now: number): Promise<ImportOutcome> {
  if (grant.expiresAt <= now) return 'expired'
  let entry = await store.read(grant.key)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const decoded = entry && decodeRecord(entry.value, grant.identity)
    if (decoded?.kind === 'barred') throw new EvergrantError(fail(decoded.code))
    const stored = decoded?.kind === 'record' ? decoded.record : undefined
    const outcome = stored && whyKept(stored, grant, now)
    if (outcome !== undefined) return outcome
    // Instants stay those of a clock that nobody here knows, which readers allow for.
    const record = merged(grant.record, stored)
    const value = encodeRecord(record, 'writer')
    const result = await store.write(grant.key, { value, expected: entry?.version, ...retention(record) })
    if (result.written) return 'imported'
    entry = result.entry
  }
  return 'busy'
}

/** What cannot be renewed is not worth keeping once it has expired. */
function retention({ tokens }: GrantRecord): { retainUntil?: number } {
  const ends = tokens?.refreshToken === undefined && Number.isFinite(tokens?.expiresAt)
  return ends && tokens !== undefined ? { retainUntil: tokens.expiresAt } : {}
}

/** Why the stored record is not replaced; `undefined` when it may be. */
function whyKept(stored: GrantRecord, grant: BundledGrant, now: number): ImportOutcome | undefined {
  const { tokens, rejected, generation } = stored
  if (tokens?.accessToken === grant.accessToken) return 'known'
  // What is being won under a lease, and a refresh token that may be spent at this moment, must not be lost.
  if (stored.spentAt !== undefined || (stored.lease !== undefined && tokens?.refreshToken !== undefined)) {
    return 'busy'
  }
  if (tokens === undefined || rejected || tokens.expiresAt <= now) return undefined
  return generation > grant.record.generation || tokens.expiresAt >= grant.expiresAt ? 'newer' : undefined
}

/** The bundled token, numbered above everything that the store has shown, with what the store alone knows. */
function merged(bundled: GrantRecord, stored: GrantRecord | undefined): GrantRecord {
  if (stored === undefined) return bundled
  const fence = Math.max(stored.fence + 1, bundled.fence)
  const { seed, commands, tokens } = stored
  const refreshToken = tokens?.refreshToken ?? bundled.tokens?.refreshToken
  return {
    ...bundled,
    fence,
    generation: fence,
    seed,
    commands,
    tokens: bundled.tokens && { ...bundled.tokens, refreshToken },
  }
}
