import { randomBytes } from 'node:crypto'
import type { Entry, Version, WriteResult } from '@evergrant/core'
import { storeFailure } from './redis-failure.ts'

/**
 * How long, in ms, a write can be recognised when it is sent once more, at least. It bounds how soon a record
 * may vanish that is not worth keeping, and how long a delete leaves something behind.
 */
export const ATTEMPT_REMEMBERED_MS = 60_000
/** Longest retention that is passed on to the server, in ms: a hundred years. */
const KEEP_MS_MAX = 100 * 365 * 86_400_000

/** How far, in ms, the server's clock may be behind a record's time of writing before it is not believed. */
const CLOCK_BACK_MS_MAX = 1_000

/** A number that no other attempt to write has. */
export function attemptNumber(): string {
  return randomBytes(12).toString('base64url')
}

/**
 * How long the server shall keep a record, in whole ms; 0 for ever. Reckoned from the writer's clock, which
 * `retainUntil` comes from: the server's may be another.
 */
export function keepMs(retainUntil: number | undefined, now: number): number {
  if (retainUntil === undefined || !Number.isFinite(retainUntil)) return 0
  return Math.min(Math.max(Math.ceil(retainUntil - now), ATTEMPT_REMEMBERED_MS), KEEP_MS_MAX)
}

/** The answer of the script that reads: version, value, seconds and microseconds. */
export function entryOf(reply: unknown): Entry | undefined {
  if (!Array.isArray(reply) || reply.length < 4) throw unexpected()
  const [version, value, seconds, micros] = reply as unknown[]
  if (typeof version !== 'string' || typeof value !== 'string') return undefined
  const asOf = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  const storedAt = storedAtOf(version)
  const entry = { value, version: version as Version }
  // A server whose clock was set back, or that took over from one whose clock was ahead, cannot tell ages.
  if (storedAt === undefined || !Number.isSafeInteger(asOf) || storedAt - asOf > CLOCK_BACK_MS_MAX)
    return entry
  return { ...entry, time: { storedAt, asOf: Math.max(asOf, storedAt) } }
}

/** The answer of the script that writes, and whether the server has refused to publish the hint. */
export function outcomeOf(reply: unknown): { readonly result: WriteResult; readonly untold: boolean } {
  if (!Array.isArray(reply)) throw unexpected()
  const [written, version, untold] = reply as unknown[]
  if (written === 0) return { result: { written: false, entry: entryOf(reply.slice(1)) }, untold: false }
  if (written !== 1 || typeof version !== 'string') throw unexpected()
  const storedAt = storedAtOf(version)
  const result = {
    written: true,
    version: version as Version,
    ...(storedAt !== undefined && { storedAt }),
  } as const
  return { result, untold: untold === 1 }
}

/** The time of writing that a version begins with, in epoch ms. */
function storedAtOf(version: string): number | undefined {
  const micros = /^(\d{1,16})-/.exec(version)?.[1]
  return micros === undefined ? undefined : Math.floor(Number(micros) / 1_000)
}

function unexpected(): Error {
  return storeFailure('Redis gave an answer that its script cannot have given.', 'distrust')
}
