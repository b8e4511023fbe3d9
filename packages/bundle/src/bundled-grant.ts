import {
  decodeRecord,
  emptyRecord,
  encodeRecord,
  fingerprintOf,
  type GrantIdentity,
  type GrantRecord,
  recordKey,
  type TokenSet,
} from '@evergrant/core'

/** One grant of an opened bundle. Printing it shows everything but its tokens. */
export class BundledGrant {
  readonly identity: GrantIdentity
  /** The key under which stores keep it. */
  readonly key: string
  readonly scope: readonly string[] | undefined
  /** Epoch ms at which its access token ends; `Infinity` if it never does. By the clock of whoever made the bundle. */
  readonly expiresAt: number
  /** A short name of the access token that is safe to print. */
  readonly fingerprint: string
  readonly hasRefreshToken: boolean
  readonly #record: GrantRecord

  constructor(record: GrantRecord, tokens: TokenSet) {
    this.#record = record
    this.identity = record.identity
    this.key = recordKey(record.identity)
    this.scope = tokens.scope
    this.expiresAt = tokens.expiresAt
    this.fingerprint = fingerprintOf(tokens.accessToken)
    this.hasRefreshToken = tokens.refreshToken !== undefined
  }

  /** As a store keeps it: with its tokens. */
  get record(): GrantRecord {
    return this.#record
  }

  /** The access token itself. */
  get accessToken(): string {
    return this.#record.tokens?.accessToken ?? ''
  }
}

/** The record of a grant that is carried by the bundle `id`. */
export function carriedRecord(
  identity: GrantIdentity,
  tokens: TokenSet,
  generation: number,
  id: string,
): GrantRecord {
  return { ...emptyRecord(identity), fence: generation, generation, tokens, writer: writerOf(id) }
}

/** Who wrote the records that came with a bundle: nobody whose clock is known here. */
function writerOf(id: string): string {
  return `bundle:${id}`
}

/** A grant as a bundle holds it: what makes its identity, and its record as stores keep it. */
export function writeGrant(record: GrantRecord): { identity: GrantIdentity; record: string } {
  return { identity: record.identity, record: encodeRecord(record, 'writer') }
}

/** Reads a record back; `undefined` when it is none, or has no token. */
export function readGrant(identity: GrantIdentity, text: string): BundledGrant | 'newer' | undefined {
  const decoded = decodeRecord(text, identity)
  if (decoded.kind === 'barred') return 'newer'
  if (decoded.kind === 'miss' || decoded.record.tokens === undefined) return undefined
  return new BundledGrant(decoded.record, decoded.record.tokens)
}
