import type { Failure } from '../failure/failure.ts'
import type { FailureKind } from '../failure/failure-kind.ts'
import { isTokenText } from '../message/token-response.ts'
import { type ExtraValue, NO_EXTRA, type TokenSet, type TokenType } from '../message/token-set.ts'
import type { GrantRecord, Lease, Trouble } from './grant-record.ts'
import { canonicalText, type GrantIdentity, tokenTypeOf } from './identity.ts'
import { MembersReader, required, Undecodable } from './members-reader.ts'

/** The number of the record format that this version writes. It reads this one and refuses to touch later ones. */
export const RECORD_FORMAT = 1

/**
 * Whose clock the instants of a stored record are of. The store's, wherever it has one and it is known: then it
 * does not matter how long a write was on its way, nor whose clock is wrong. Else the writer's.
 */
export type RecordClock = 'store' | 'writer'

/** Why a stored record is neither read nor written over: it is of a later version, or sealed, and there is no keyring here. */
export type Barred = 'record_newer' | 'record_sealed'

/** How an envelope of sealed storage begins, in every format of it. */
const SEALED = /^evs[1-9]\d*\./

/**
 * What stored bytes turned out to be: a record of the grant asked for; nothing of it (garbage, another
 * format, another grant's record), which is the same as absence; or a record that must not be overwritten, though it
 * cannot be read here.
 */
export type Decoded =
  | { readonly kind: 'record'; readonly record: GrantRecord; readonly clock: RecordClock }
  | { readonly kind: 'miss' }
  | { readonly kind: 'barred'; readonly code: Barred }

const FAILURE_KINDS: readonly FailureKind[] = [
  'reauthorize',
  'retry',
  'configure',
  'distrust',
  'declined',
  'cancelled',
]
const LIFETIMES = ['finite', 'unknown', 'never'] as const

const CLOCKS = ['store', 'writer'] as const

/** Most records have seen none, and there may be very many of them. */
const NO_COMMANDS: readonly string[] = []

/** The record as text: JSON with a format number. Infinite instants, and members that say nothing, are left out. */
export function encodeRecord(record: GrantRecord, clock: RecordClock): string {
  const { identity, tokens, trouble, commands, ...rest } = record
  return JSON.stringify({
    format: RECORD_FORMAT,
    identity: canonicalText(identity),
    clock,
    ...rest,
    rejected: record.rejected || undefined,
    replaces: record.replaces || undefined,
    commands: commands.length === 0 ? undefined : commands,
    tokens: tokens && { ...tokens, expiresAt: finite(tokens.expiresAt), extra: written(tokens.extra) },
    trouble: trouble && { ...trouble, until: finite(trouble.until) },
  })
}

/** Reads stored text as a record of `identity`. Never throws, whatever the text is. */
export function decodeRecord(text: string, identity: GrantIdentity): Decoded {
  if (SEALED.test(text)) return { kind: 'barred', code: 'record_sealed' }
  try {
    const members = new MembersReader(JSON.parse(text))
    const format = members.count('format')
    if (format > RECORD_FORMAT) return { kind: 'barred', code: 'record_newer' }
    if (format !== RECORD_FORMAT || members.text('identity') !== canonicalText(identity))
      return { kind: 'miss' }
    return { kind: 'record', record: readRecord(members, identity), clock: members.oneOf('clock', CLOCKS) }
  } catch {
    // A SyntaxError quotes its input and an Undecodable says nothing: neither is worth more than "a miss".
    return { kind: 'miss' }
  }
}

function readRecord(members: MembersReader, identity: GrantIdentity): GrantRecord {
  const fence = members.count('fence')
  const generation = members.count('generation')
  const tokens = readTokens(members.object('tokens'), tokenTypeOf(identity))
  if (generation > fence || (tokens !== undefined && generation === 0)) throw new Undecodable()
  return {
    identity,
    fence,
    generation,
    tokens,
    rejected: members.flag('rejected'),
    replaces: members.optionalCount('replaces') ?? 0,
    lease: readLease(members.object('lease')),
    spentAt: members.optionalMs('spentAt'),
    trouble: readTrouble(members.object('trouble')),
    seed: members.optionalText('seed'),
    commands: members.texts('commands') ?? NO_COMMANDS,
    renewNotBefore: members.optionalMs('renewNotBefore'),
    writer: members.text('writer'),
  }
}

function readTokens(members: MembersReader | undefined, tokenType: TokenType): TokenSet | undefined {
  if (members === undefined) return undefined
  const lifetime = members.oneOf('lifetime', LIFETIMES)
  const sentAt = required(members.optionalMs('sentAt'))
  const expiresAt = members.optionalMs('expiresAt')
  if (lifetime !== 'never' && !(required(expiresAt) > sentAt)) throw new Undecodable()
  return {
    accessToken: tokenText(members.text('accessToken')),
    tokenType: members.oneOf('tokenType', [tokenType]),
    sentAt,
    expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
    lifetime,
    scope: members.texts('scope'),
    refreshToken: optionalTokenText(members.optionalText('refreshToken')),
    extra: readExtra(members.object('extra')),
  }
}

function readExtra(members: MembersReader | undefined): Readonly<Record<string, ExtraValue>> {
  if (members === undefined) return NO_EXTRA
  const extra: Record<string, ExtraValue> = Object.create(null)
  for (const [name, value] of members.entries()) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new Undecodable()
    }
    extra[name] = value
  }
  return extra
}

function readLease(members: MembersReader | undefined): Lease | undefined {
  return members && { holder: members.text('holder'), ...(members.flag('presents') && { presents: true }) }
}

function readTrouble(members: MembersReader | undefined): Trouble | undefined {
  if (members === undefined) return undefined
  return {
    failure: readFailure(required(members.object('failure'))),
    attempts: members.count('attempts'),
    until: members.optionalMs('until') ?? Number.POSITIVE_INFINITY,
  }
}

function readFailure(members: MembersReader): Failure {
  const retryAfterMs = members.optionalMs('retryAfterMs')
  const status = members.optionalMs('status')
  const description = members.optionalText('description')
  const advice = members.object('advice')
  return {
    kind: members.oneOf('kind', FAILURE_KINDS),
    code: members.text('code'),
    message: members.text('message'),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === undefined ? {} : { status }),
    ...(description === undefined ? {} : { description }),
    ...(advice === undefined ? {} : { advice: { en: advice.text('en'), zh: advice.text('zh') } }),
  }
}

function tokenText(text: string): string {
  if (!isTokenText(text)) throw new Undecodable()
  return text
}

function optionalTokenText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : tokenText(text)
}

function written(extra: TokenSet['extra']): TokenSet['extra'] | undefined {
  return Object.keys(extra).length === 0 ? undefined : extra
}

function finite(at: number): number | undefined {
  return Number.isFinite(at) ? at : undefined
}
