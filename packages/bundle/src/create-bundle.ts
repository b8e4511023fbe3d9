import { randomUUID } from 'node:crypto'
import {
  type Clock,
  decodeRecord,
  encodeRecord,
  type GrantIdentityInput,
  type GrantRecord,
  grantIdentity,
  recordKey,
  type TokenSet,
  type TokenType,
  tokenTypeOf,
} from '@evergrant/core'
import { CompactSign } from 'jose'
import { GRANTS_MAX, isLabel, writeContent } from './bundle-content.ts'
import { invalidOption } from './bundle-failure.ts'
import { BUNDLE_CHARS_MAX, CONTENT_TYPE } from './bundle-header.ts'
import { type PrivateKey, readyPrivateKey } from './bundle-key.ts'
import { carriedRecord } from './bundled-grant.ts'
import { type DeriveKey, SCRYPT_COST, type ScryptCost, scryptKey } from './passphrase-key.ts'
import { type Recipient, sealFor } from './recipient.ts'

/** A token as `source.token()` hands it out, or one from elsewhere. */
export interface TokenToBundle {
  readonly accessToken: string
  /** Absent: as the tokens of the grant are. */
  readonly tokenType?: TokenType
  /** Epoch ms; `Infinity` for a token that never ends. */
  readonly expiresAt: number
  /** Absent: `finite`, or `never` where `expiresAt` is infinite. */
  readonly lifetime?: 'finite' | 'unknown' | 'never'
  readonly scope?: readonly string[] | undefined
  /** Its number in the store it comes from, 1 by default. */
  readonly generation?: number
}

export interface GrantToBundle {
  /** What makes the key of its record: it is served to sources of the same identity, and to no others. */
  readonly identity: GrantIdentityInput
  readonly token: TokenToBundle
  /** Left out of the bundle unless `includeRefreshTokens` is set. */
  readonly refreshToken?: string
  /** Whether using the refresh token invalidates it. `single_use` by default, which is the cautious assumption. */
  readonly refreshTokenUse?: 'single_use' | 'reusable'
}

export interface CreateBundleOptions {
  /** 1 to 1,000, each of another identity. */
  readonly grants: readonly GrantToBundle[]
  readonly for: Recipient
  /** The private key of whoever makes the bundle; the other side trusts its public half. */
  readonly signWith: PrivateKey
  /** Within which time it has to be opened and imported, in ms: a minute to 400 days, a day by default. */
  readonly validForMs?: number
  /** Who makes it, in words, up to 200 characters. */
  readonly issuer?: string
  /** What for, in words, up to 200 characters. */
  readonly purpose?: string
  /**
   * Put refresh tokens in, too. `false` by default: with one, a thief of bundle and key has the grant for good. A
   * single-use refresh token is refused even so: of two holders, the second to use it ends the grant for both.
   */
  readonly includeRefreshTokens?: boolean
  /** The system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * Makes one text of tokens that were fetched ahead: signed, then encrypted to one recipient, whose name is part of what
 * is signed. Rejects with `invalid_option` or `key_unusable`.
 */
export function createBundle(options: CreateBundleOptions): Promise<string> {
  return createBundleBy(scryptKey, SCRYPT_COST, options)
}

/** The same with another way from passphrases to keys. */
export async function createBundleBy(
  derive: DeriveKey,
  cost: ScryptCost,
  options: CreateBundleOptions,
): Promise<string> {
  const { issuer, purpose, clock = Date, validForMs = DAY_MS } = options
  if (!(validForMs >= MINUTE_MS && validForMs <= 400 * DAY_MS)) {
    throw invalidOption(`validForMs is ${validForMs}, not ${MINUTE_MS} to ${400 * DAY_MS}`)
  }
  requireLabel('issuer', issuer)
  requireLabel('purpose', purpose)
  const now = clock.now()
  const issuedAt = wholeSeconds(now)
  const id = randomUUID()
  const records = recordsOf(options, now, id)
  const { key, alg, name } = await readyPrivateKey(options.signWith, 'sign')
  const seal = await sealFor(options.for, derive, cost)
  const expiresAt = wholeSeconds(now + validForMs)
  const content = writeContent(
    { id, recipient: seal.recipient, issuedAt, expiresAt, issuer, purpose },
    records,
  )
  const signed = await new CompactSign(new TextEncoder().encode(content))
    .setProtectedHeader({ typ: CONTENT_TYPE, alg, kid: name })
    .sign(key)
  const text = await seal.encrypt(signed, { issuedAt, expiresAt })
  if (text.length > BUNDLE_CHARS_MAX) {
    throw invalidOption(`the bundle would have ${text.length} characters, more than ${BUNDLE_CHARS_MAX}`)
  }
  return text
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}

function requireLabel(name: string, text: string | undefined): void {
  if (text === undefined || isLabel(text)) return
  throw invalidOption(`${name} is not 1 to 200 characters without control characters`)
}

function recordsOf(
  { grants, includeRefreshTokens = false }: CreateBundleOptions,
  now: number,
  id: string,
): readonly GrantRecord[] {
  if (grants.length === 0 || grants.length > GRANTS_MAX) {
    throw invalidOption(`there are ${grants.length} grants, not 1 to ${GRANTS_MAX}`)
  }
  const records = grants.map((grant, i) => recordOf(grant, includeRefreshTokens, now, id, `grants[${i}]`))
  const keys = new Set(records.map(({ identity }) => recordKey(identity)))
  if (keys.size < records.length) throw invalidOption('two of the grants have the same identity')
  return records
}

function recordOf(
  grant: GrantToBundle,
  withRefreshToken: boolean,
  now: number,
  id: string,
  place: string,
): GrantRecord {
  const { token, refreshToken, refreshTokenUse = 'single_use' } = grant
  const identity = grantIdentity(grant.identity)
  const carried = withRefreshToken ? refreshToken : undefined
  if (carried !== undefined && refreshTokenUse === 'single_use') {
    throw invalidOption(
      `${place} has a single-use refresh token, which cannot be in two places: whoever uses it second ends the grant for both`,
    )
  }
  if (!(token.expiresAt > now)) throw invalidOption(`${place} has a token that has expired`)
  const { accessToken, tokenType = tokenTypeOf(identity), expiresAt, scope, generation = 1 } = token
  const { lifetime = Number.isFinite(expiresAt) ? 'finite' : 'never' } = token
  const tokens: TokenSet = {
    accessToken,
    tokenType,
    sentAt: now,
    expiresAt,
    lifetime,
    scope,
    refreshToken: carried,
    extra: {},
  }
  const record = carriedRecord(identity, tokens, generation, id)
  // The reader of the other side is the judge of what it will be able to read.
  if (decodeRecord(encodeRecord(record, 'writer'), identity).kind === 'record') return record
  throw invalidOption(`${place} has a token that is none, or not of the type that its grant has`)
}
