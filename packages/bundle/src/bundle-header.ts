import { MembersReader, parseJsonObject } from '@evergrant/core'
import { damaged, refused } from './bundle-failure.ts'
import { readScryptCost, type SaltedCost } from './passphrase-key.ts'

/** The number of the bundle format that this version writes. It reads this one and refuses later ones. */
export const BUNDLE_FORMAT = 1

/** Longest text that is looked at, in characters. */
export const BUNDLE_CHARS_MAX = 1_048_576

/** What a bundle is for, as `typ` says: no other message that somebody signs or encrypts can be taken for one. */
export const BUNDLE_TYPE = 'evergrant-bundle'
export const CONTENT_TYPE = 'evergrant-bundle-content'

export const KEY_ALGORITHM = 'ECDH-ES+A256KW'
export const PASSPHRASE_ALGORITHM = 'dir'
export const CONTENT_ENCRYPTION = 'A256GCM'

/** What anybody can see of a bundle, and nobody can change without being noticed. */
export interface BundleHeader {
  /** Whom it is encrypted to: a key, by its RFC 7638 thumbprint, or who knows a passphrase. */
  readonly sealing: 'key' | 'passphrase'
  readonly recipient: string
  /** Epoch ms, whole seconds. */
  readonly issuedAt: number
  /** Epoch ms, whole seconds, after which it is not opened any more. */
  readonly expiresAt: number
  /** How its key is derived from a passphrase; `undefined` when there is none. */
  readonly cost: SaltedCost | undefined
}

/** Every member that a header may have: what is unknown may mean something to somebody else. */
const MEMBERS: ReadonlySet<string> = new Set([
  'typ',
  'format',
  'alg',
  'enc',
  'kid',
  'iat',
  'exp',
  'epk',
  'scrypt',
])

/** A whole, canonical base64url text: each bundle has one spelling, so that none passes with a bit changed. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

/**
 * Reads the header of a bundle, without any key. Throws `bundle_too_large`, `bundle_newer` or `bundle_damaged`.
 * Nothing that it says is proven before the bundle has been opened.
 */
export function readBundleHeader(text: string): BundleHeader {
  if (typeof text !== 'string') throw damaged('it is no text')
  if (text.length > BUNDLE_CHARS_MAX) throw refused('bundle_too_large')
  const parts = text.split('.')
  if (parts.length !== 5) throw damaged('it does not have five parts')
  if (!parts.every(isCanonical)) throw damaged('it is not written in base64url')
  const parsed = parseJsonObject(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'))
  if (!parsed.ok) throw damaged('its header cannot be read')
  const { members } = parsed
  if (members.get('typ') !== BUNDLE_TYPE) throw damaged('it does not say that it is a bundle')
  const format = members.get('format')
  if (Number.isSafeInteger(format) && Number(format) > BUNDLE_FORMAT) throw refused('bundle_newer')
  if (format !== BUNDLE_FORMAT || ![...members.keys()].every(name => MEMBERS.has(name))) {
    throw damaged('its header is not of the format that it names')
  }
  return headerOf(Object.fromEntries(members))
}

function headerOf(members: object): BundleHeader {
  try {
    const reader = new MembersReader(members)
    const alg = reader.oneOf('alg', [KEY_ALGORITHM, PASSPHRASE_ALGORITHM])
    reader.oneOf('enc', [CONTENT_ENCRYPTION])
    const cost = reader.object('scrypt')
    const sealing = alg === PASSPHRASE_ALGORITHM ? 'passphrase' : 'key'
    if ((cost !== undefined) !== (sealing === 'passphrase')) throw damaged('its header contradicts itself')
    return {
      sealing,
      recipient: reader.text('kid'),
      issuedAt: instantOf(reader, 'iat'),
      expiresAt: instantOf(reader, 'exp'),
      cost: cost && readScryptCost(cost),
    }
  } catch {
    throw damaged('its header is not of the format that it names')
  }
}

/** The last instant that has a date, in seconds (ECMA-262 §21.4.1.1). */
const SECONDS_MAX = 8.64e12

/** An instant in epoch ms, of a member in seconds (RFC 7519 §2). Throws for one that no calendar has. */
export function instantOf(reader: MembersReader, name: 'iat' | 'exp'): number {
  const seconds = reader.count(name)
  if (seconds > SECONDS_MAX) throw damaged('it is of a time that no calendar has')
  return seconds * 1_000
}
