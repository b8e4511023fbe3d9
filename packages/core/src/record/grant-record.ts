import type { Failure } from '../failure/failure.ts'
import type { TokenSet } from '../message/token-set.ts'
import type { GrantIdentity } from './identity.ts'

/**
 * What failed last, and until when it is answered from memory. Shared through the record, so that a fleet
 * backs off together.
 */
export interface Trouble {
  readonly failure: Failure
  /** Failed attempts in a row, 1 or more. */
  readonly attempts: number
  /** No attempt is made before this instant; `Infinity` when only a new grant can end it. */
  readonly until: number
  /** Of this process alone, as a secret that it cannot read: never written to a record. Absent otherwise. */
  readonly here?: true
}

/**
 * The right to ask for tokens, taken by compare-and-swap before anything is sent. Its number is the record's
 * `fence`; its age is the age of the record.
 */
export interface Lease {
  /** Who holds it: a random name of one session in one process. */
  readonly holder: string
  /** A single-use refresh token is presented under it for the first time: not before the record was stored. */
  readonly presents?: true
}

/** Everything the fleet knows about one grant. Instants are epoch ms of the clock of whoever holds the value. */
export interface GrantRecord {
  readonly identity: GrantIdentity
  /** The number of the newest lease ever given, 0 before the first. Never falls. */
  readonly fence: number
  /** The fence under which `tokens` were won, 0 when there never were any. Never falls, never above `fence`. */
  readonly generation: number
  readonly tokens: TokenSet | undefined
  /** Whether a resource server rejected the access token of this generation. */
  readonly rejected: boolean
  /** How many rejected tokens in a row, each rejected while fresh, this generation replaces; 0 for a renewal in time. */
  readonly replaces: number
  readonly lease: Lease | undefined
  /**
   * When this generation's single-use refresh token was about to be presented: the intent, written before the
   * act. Cleared when it is certain that the server did not take it.
   */
  readonly spentAt: number | undefined
  readonly trouble: Trouble | undefined
  /** The fingerprint of the configured refresh token that this grant began with; absent when it began otherwise. */
  readonly seed: string | undefined
  /**
   * The names of the last commands (received grants, drops) that have gone into this record, the newest last, so
   * that one whose confirmation was lost is not carried out a second time over what has been won since.
   */
  readonly commands: readonly string[]
  /** No renewal before this instant, because the last one brought nothing newer. */
  readonly renewNotBefore: number | undefined
  /** The session that wrote this record. */
  readonly writer: string
}

/** The record of a grant of which nothing is known yet. */
export function emptyRecord(identity: GrantIdentity): GrantRecord {
  return {
    identity,
    fence: 0,
    generation: 0,
    tokens: undefined,
    rejected: false,
    replaces: 0,
    lease: undefined,
    spentAt: undefined,
    trouble: undefined,
    seed: undefined,
    commands: [],
    renewNotBefore: undefined,
    writer: '',
  }
}

/**
 * The same record with every instant moved by `ms`, and the end of a pause by `pauseMs`: the translation between two
 * clocks, of which it is known only within bounds how they stand to one another.
 */
export function rebased(record: GrantRecord, ms: number, pauseMs: number = ms): GrantRecord {
  if (ms === 0 && pauseMs === 0) return record
  const { tokens, trouble } = record
  return {
    ...record,
    tokens: tokens && { ...tokens, sentAt: tokens.sentAt + ms, expiresAt: tokens.expiresAt + ms },
    trouble: trouble && { ...trouble, until: trouble.until + pauseMs },
    spentAt: record.spentAt === undefined ? undefined : record.spentAt + ms,
    renewNotBefore: record.renewNotBefore === undefined ? undefined : record.renewNotBefore + ms,
  }
}

/** Commands that a record remembers, the newest last. */
const COMMANDS_MAX = 8

/** The commands that a record has seen, with one more. */
export function withCommand(commands: readonly string[], name: string): readonly string[] {
  return allCommands(commands, [name]).slice(-COMMANDS_MAX)
}

/** The commands that have gone into one record and into a later one. A store that has lost its record forgets none of them. */
export function allCommands(commands: readonly string[], later: readonly string[]): readonly string[] {
  return [...commands.filter(name => !later.includes(name)), ...later]
}

/**
 * Whether a record is of a grant that was received, or dropped, after one in which only these commands were carried
 * out. It goes before that one whatever the numbers say, for they start again when a store has lost them.
 */
export function isLaterGrant(record: GrantRecord, commands: readonly string[]): boolean {
  return record.commands.some(name => !commands.includes(name))
}
