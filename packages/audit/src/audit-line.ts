import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { type AuditRecord, isWhat } from './audit-entry.ts'

/** The hash that the first line of a chain follows. */
export const BEGINNING: string = createHash('sha256').update('evergrant audit log 1').digest('base64url')

/** A line, and the hash that the next one has to name. */
export interface WrittenLine {
  readonly text: string
  readonly hash: string
}

/** A line as it was read. */
export interface ReadLine {
  readonly record: AuditRecord
  /** The hash of the line before, as it says. */
  readonly previous: string
  /** Its own hash. */
  readonly hash: string
  /** `unsigned`; or, with a public key at hand, whether the signature is good. */
  readonly signature: 'unsigned' | 'unchecked' | 'good' | 'bad'
}

const FORMAT = 1
const SHAPE = /^(\{.*),"hash":"([\w-]{43})"(?:,"signature":"([\w-]{2,1024})")?\}$/

/**
 * The line of an entry. What is hashed, and signed by its hash, is the text of the line up to its hash, so that nobody
 * has to write JSON in the same way again to verify it.
 */
export function writeLine(record: AuditRecord, previous: string, key: KeyObject | undefined): WrittenLine {
  const { number, at, by, what, outcome, provider, grant, detail } = record
  const content = {
    format: FORMAT,
    number,
    at: new Date(at).toISOString(),
    by,
    what,
    outcome,
    provider,
    grant,
    detail,
    previous,
  }
  const body = JSON.stringify(content).slice(0, -1)
  const hash = hashOf(body)
  const signature = key === undefined ? '' : `,"signature":"${signatureOf(hash, key)}"`
  return { text: `${body},"hash":"${hash}"${signature}}\n`, hash }
}

/** Reads a line, without its line feed. `undefined`: it is none, or was changed. */
export function readLine(text: string, key: KeyObject | undefined): ReadLine | undefined {
  const [, body = '', hash = '', signature] = SHAPE.exec(text) ?? []
  if (body === '' || hashOf(body) !== hash) return undefined
  const content = parsed(`${body}}`)
  const record = content && recordOf(content)
  if (record === undefined || typeof content?.previous !== 'string') return undefined
  return { record, previous: content.previous, hash, signature: verdictOn(hash, signature, key) }
}

function verdictOn(
  hash: string,
  signature: string | undefined,
  key: KeyObject | undefined,
): ReadLine['signature'] {
  if (signature === undefined) return 'unsigned'
  if (key === undefined) return 'unchecked'
  const bytes = Buffer.from(signature, 'base64url')
  // The last digit has bits that decoders pass over: another digit there would be another line of the same meaning.
  const isCanonical = bytes.toString('base64url') === signature
  return isCanonical && verify(null, Buffer.from(hash), key, bytes) ? 'good' : 'bad'
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url')
}

function signatureOf(hash: string, key: KeyObject): string {
  return sign(null, Buffer.from(hash), key).toString('base64url')
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function recordOf(content: Record<string, unknown>): AuditRecord | undefined {
  const { format, number, at: time, by, what, outcome, provider, grant, detail } = content
  const at = Date.parse(String(time))
  if (format !== FORMAT || !Number.isSafeInteger(number) || !Number.isFinite(at)) return undefined
  if (typeof what !== 'string' || !isWhat(what) || typeof by !== 'object' || by === null) return undefined
  // The hash tells that it was written as it is read.
  return { number, at, by, what, outcome, provider, grant, detail } as AuditRecord
}
