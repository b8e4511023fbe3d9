import { EvergrantError, fail, fromBase64Url, toBase64Url } from '@evergrant/core'
import { type CipherKey, decryptBox, encryptBox, NONCE_BYTES, TAG_BYTES } from './cipher.ts'
import { notAnEnvelope, sealBroken } from './seal-failure.ts'

/**
 * What a sealed record looks like:
 *
 * ```
 * evs1.<key id>.<material>.<retain until>.<nonce, ciphertext and tag, in base64url>
 * ```
 *
 * `material` says which working key it is among those that come from the named one: a salt, or the working key itself,
 * wrapped. `retain until` is the instant that the write was given, in base 36, or empty: without it, a record that is
 * sealed anew would be kept for ever. All that stands before the box, and the key of the store under which the record
 * lies, is associated data: whoever changes any of it, or copies the record to another key, has a record that does not
 * open. There is one way to write an envelope, so that none is another one in disguise.
 *
 * @module
 */

/** An envelope that was taken apart, and not opened yet. */
export interface Envelope {
  readonly keyId: string
  readonly material: string
  /** Epoch ms. Absent: no limit was given. */
  readonly retainUntil?: number
  /** All that stands before the box. */
  readonly header: string
  readonly box: Uint8Array<ArrayBuffer>
}

const FORMAT = 'evs1'
const PARTS =
  /^evs1\.([A-Za-z0-9_-]{1,64})\.([\x21-\x2d\x2f-\x7e]{1,8192})\.(|0|[1-9a-z][0-9a-z]{0,10})\.([A-Za-z0-9_-]+)$/
const ANY_FORMAT = /^evs([1-9]\d{0,5})\./

/** What names a key: `[A-Za-z0-9_-]{1,64}`. */
export const KEY_ID: RegExp = /^[A-Za-z0-9_-]{1,64}$/
/** What may tell working keys apart. */
export const MATERIAL: RegExp = /^[\x21-\x2d\x2f-\x7e]{1,8192}$/

/**
 * The id of the key that a stored value is sealed under; `undefined` for one that is in clear. Throws with code
 * `record_newer` for an envelope of a later format, and with `seal_broken` for one that is garbled.
 */
export function sealedUnder(value: string): string | undefined {
  return parseEnvelope(value)?.keyId
}

/** Takes a value apart; `undefined` when it is in clear. Throws as {@link sealedUnder} does. */
export function parseEnvelope(value: string): Envelope | undefined {
  const format = ANY_FORMAT.exec(value)?.[1]
  if (format === undefined) return undefined
  if (format !== '1') throw new EvergrantError(fail('record_newer'))
  const [, keyId, material, until, text] = PARTS.exec(value) ?? []
  if (keyId === undefined || material === undefined || until === undefined || text === undefined) {
    throw notAnEnvelope()
  }
  const retainUntil = until === '' ? undefined : Number.parseInt(until, 36)
  const header = value.slice(0, -text.length - 1)
  const envelope = { keyId, material, header, box: bytesOfBox(text) }
  if (header !== headerOf(keyId, material, retainUntil)) throw notAnEnvelope()
  return retainUntil === undefined ? envelope : { ...envelope, retainUntil }
}

/** What stands before the box. */
export function headerOf(keyId: string, material: string, retainUntil: number | undefined): string {
  return [FORMAT, keyId, material, untilText(retainUntil)].join('.')
}

/** A hint in whole ms from 1970 on; what is beyond says nothing and is left out. */
function untilText(retainUntil: number | undefined): string {
  if (retainUntil === undefined) return ''
  const until = Math.ceil(Math.max(0, retainUntil))
  return Number.isSafeInteger(until) ? until.toString(36) : ''
}

/** Base64url in its one canonical form: the bits that carry nothing are zero. */
function bytesOfBox(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw notAnEnvelope()
  const bytes = new Uint8Array(fromBase64Url(text))
  const rest = bytes.length - (bytes.length % 3)
  const canonical = text.endsWith(toBase64Url(bytes.subarray(rest)))
  if (bytes.length < NONCE_BYTES + TAG_BYTES || !canonical) throw notAnEnvelope()
  return bytes
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return ENCODER.encode(text)
}

/** Seals a text. The header has four parts, so that no two pairs of header and `boundTo` run together. */
export async function sealText(
  key: CipherKey,
  header: string,
  text: string,
  boundTo: string,
): Promise<string> {
  // Bytes that are no text would come back as others.
  if (!text.isWellFormed() || !boundTo.isWellFormed()) {
    throw new RangeError('Text with half a surrogate pair cannot be sealed.')
  }
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const box = await encryptBox(key, nonce, bytesOfText(text), bytesOfText(`${header}.${boundTo}`))
  return `${header}.${toBase64Url(box)}`
}

/** The text that was sealed. Rejects with code `seal_broken` when anything about it is not what it was. */
export async function openText(key: CipherKey, envelope: Envelope, boundTo: string): Promise<string> {
  try {
    const associated = bytesOfText(`${envelope.header}.${boundTo}`)
    return DECODER.decode(await decryptBox(key, envelope.box, associated))
  } catch {
    throw sealBroken(envelope.keyId)
  }
}
