import { createHash } from 'node:crypto'
import type { Stamp } from './host-clock.ts'

/** A record as it lies on the disk. */
export interface FileRecord {
  /** The name of the key's folder, which is a digest of the key. */
  readonly key: string
  /** The key itself. Absent: it is too long to be written down, or the record is of an older version. */
  readonly name?: string
  readonly version: string
  readonly value: string
  readonly stamp: Stamp
  /** Epoch ms until which the value is worth keeping. Absent: no limit. */
  readonly retainUntil?: number
}

/**
 * What the bytes of a file are: a record; a record of a later format, which must not be touched; or nothing
 * that was ever written as a whole.
 */
export type DecodedFile =
  | { readonly kind: 'record'; readonly record: FileRecord }
  | { readonly kind: 'newer' }
  | { readonly kind: 'damaged' }

/** Largest value, in bytes of UTF-8. */
export const VALUE_BYTES_MAX: number = 4 * 1024 * 1024
/** Longest key that is written down, in UTF-16 units: as JSON it takes six times as many bytes at worst. */
export const NAME_CHARS_MAX = 1_024
/** Largest file that can be one of ours, in bytes: the value, twice as long in UTF-16 at worst, and its header. */
export const FILE_BYTES_MAX: number = 2 * VALUE_BYTES_MAX + 6 * NAME_CHARS_MAX + 4_096

const FORMAT = 1
const FIRST_LINE = /^evergrant-file-store ([1-9]\d{0,8}) ([0-9a-f]{64})$/
const LINE_FEED = 0x0a
const DAMAGED: DecodedFile = { kind: 'damaged' }

/**
 * Three parts: a line with the format's number and the digest of the rest; a line of JSON about the value; and
 * the value. A file that was cut, mixed up or written by somebody else has another digest.
 */
export function encodeRecordFile({ key, name, version, value, stamp, retainUntil }: FileRecord): Uint8Array {
  const encoding = value.isWellFormed() ? 'utf8' : 'utf16le'
  const { storedAt, wallAt, monotonicAt, boot } = stamp
  const about = { key, name, version, encoding, storedAt, wallAt, monotonicAt, boot, retainUntil }
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), Buffer.from(value, encoding)])
  return Buffer.concat([Buffer.from(`evergrant-file-store ${FORMAT} ${digestOf(rest)}\n`), rest])
}

export function decodeRecordFile(bytes: Uint8Array): DecodedFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [first, rest] = splitLine(file)
  const [, format, digest] = FIRST_LINE.exec(first.toString('latin1')) ?? []
  if (format === undefined) return DAMAGED
  if (Number(format) > FORMAT) return { kind: 'newer' }
  if (digest !== digestOf(rest)) return DAMAGED
  const [about, value] = splitLine(rest)
  const record = recordOf(about.toString(), value)
  return record === undefined ? DAMAGED : { kind: 'record', record }
}

function recordOf(about: string, value: Buffer): FileRecord | undefined {
  const members = membersOf(about)
  const text = (name: string) => stringOf(members.get(name))
  const number = (name: string) => numberOf(members.get(name))
  const [key, version, encoding, boot] = [text('key'), text('version'), text('encoding'), text('boot')]
  const [storedAt, wallAt, retainUntil] = [number('storedAt'), number('wallAt'), number('retainUntil')]
  if (key === undefined || version === undefined || storedAt === undefined || wallAt === undefined) return
  if (encoding !== 'utf8' && encoding !== 'utf16le') return
  const stamp = { storedAt, wallAt, monotonicAt: number('monotonicAt') ?? 0, boot }
  const name = text('name')
  return {
    key,
    version,
    value: value.toString(encoding),
    stamp,
    ...(name !== undefined && { name }),
    ...(retainUntil !== undefined && { retainUntil }),
  }
}

function membersOf(json: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(json)
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [])
  } catch {
    return new Map()
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** The first line without its end, and what follows. */
function splitLine(bytes: Buffer): readonly [Buffer, Buffer] {
  const end = bytes.indexOf(LINE_FEED)
  return end < 0 ? [bytes, bytes.subarray(bytes.length)] : [bytes.subarray(0, end), bytes.subarray(end + 1)]
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
