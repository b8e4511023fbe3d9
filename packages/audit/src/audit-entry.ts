/** What an entry says about an act. Values are facts about it, never secrets. */
export type AuditDetail = string | number | boolean

/** What happened, before it is written down. */
export interface AuditEntry {
  /** What was done, as `noun.verb`: `renewal.succeeded`, `token.revealed`. 1 to 64 characters of `a-z0-9._-`. */
  readonly what: string
  /** Epoch ms. Now by default. */
  readonly at?: number
  /** How it ended. */
  readonly outcome: 'begun' | 'done' | 'failed' | 'refused'
  /** The provider's name. */
  readonly provider?: string
  /** The fingerprint of the grant, as events have it: the same in every process, and no secret. */
  readonly grant?: string
  /** Up to 16 facts more: names of up to 32 characters, texts of up to 256, which are cut. */
  readonly detail?: Readonly<Record<string, AuditDetail>>
}

/** Who writes: one process, from its start to its end. */
export interface AuditWriter {
  readonly host: string
  readonly pid: number
  /** Under whose account the process runs; absent where the system does not tell. */
  readonly user?: string
}

/** An entry as it stands in a log. */
export interface AuditRecord extends AuditEntry {
  readonly at: number
  /** Counts the entries of one writer, from 1, without a gap. */
  readonly number: number
  readonly by: AuditWriter
}

const WHAT = /^[a-z0-9._-]{1,64}$/
const FACTS_MAX = 16
const NAME_CHARACTERS_MAX = 32
const TEXT_CHARACTERS_MAX = 256

/** Whether an entry may be called so. */
export function isWhat(what: string): boolean {
  return WHAT.test(what)
}

/** The facts as they are written: bounded in number and length, free of control characters. */
export function boundedDetail(detail: AuditEntry['detail']): AuditEntry['detail'] {
  if (detail === undefined) return undefined
  const facts = Object.entries(detail).slice(0, FACTS_MAX)
  return Object.fromEntries(
    facts.map(([name, value]) => [name.slice(0, NAME_CHARACTERS_MAX), bounded(value)]),
  )
}

function bounded(value: AuditDetail): AuditDetail {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean') return value
  // A log is read at a terminal, too.
  return value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�').slice(0, TEXT_CHARACTERS_MAX)
}
