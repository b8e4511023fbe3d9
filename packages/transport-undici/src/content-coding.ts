import { promisify } from 'node:util'
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib'
import { fail, TransportError } from '@evergrant/core'
import { LOOK_BYTES_MAX } from '@evergrant/core/calls'

type Decompress = (data: Buffer, options: ZlibOptions) => Promise<Buffer>

const CODINGS: ReadonlyMap<string, Decompress> = new Map([
  ['gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['x-gzip', promisify<Buffer, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, ZlibOptions, Buffer>(inflate)],
  ['br', promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress)],
])

/**
 * A body as it was before the server compressed it (RFC 9110 §8.4), though it was not asked to. One coding at
 * most, and never more than `bytesMax` of result, however small what came over the wire.
 */
export async function decoded(
  body: Buffer,
  coding: string | string[] | undefined,
  bytesMax: number,
): Promise<Buffer> {
  const name = [coding ?? []].flat().join(',').trim().toLowerCase()
  if (name === '' || name === 'identity') return body
  const decompress = CODINGS.get(name)
  if (decompress === undefined)
    throw unreadable(`in the coding "${name.slice(0, 32)}", which was not asked for`)
  try {
    return await decompress(body, { maxOutputLength: bytesMax })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new TransportError(fail('response_too_large'), 'unknown')
    }
    throw unreadable('compressed, and damaged')
  }
}

const CODINGS_OF_ERRORS: ReadonlyMap<string, (data: Buffer, options: ZlibOptions) => Buffer> = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
])

/** Whether a body in this coding can be looked into. */
export function isLegible(coding: string): boolean {
  return coding === 'identity' || CODINGS_OF_ERRORS.has(coding.toLowerCase())
}

/** The text of a small body, whatever its coding; `undefined` when it is damaged, or larger than an error would be. */
export function legible(body: Buffer, coding: string): string | undefined {
  try {
    const decompress = CODINGS_OF_ERRORS.get(coding.toLowerCase())
    return (decompress?.(body, { maxOutputLength: LOOK_BYTES_MAX }) ?? body).toString('utf8')
  } catch {
    return undefined
  }
}

function unreadable(how: string): TransportError {
  return new TransportError(fail('response_not_json', { message: `The answer is ${how}.` }), 'unknown')
}
