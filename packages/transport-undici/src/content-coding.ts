import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib'
import { fail, TransportError } from '@evergrant/core'

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

function unreadable(how: string): TransportError {
  return new TransportError(fail('response_not_json', { message: `The answer is ${how}.` }), 'unknown')
}
