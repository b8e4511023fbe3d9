import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { UsageError } from './failure-report.ts'

/** Longest body that is sent, in bytes: pictures in base64 are of up to 10 MB. */
const BODY_BYTES_MAX = 16_777_216

/**
 * The body that `--data` stands for, as curl has it: what a file holds for `@<path>`, what comes in for `@-`, both without
 * line breaks and zero bytes, and otherwise the text itself. `-`, too, is what comes in, as it is. Rejects with
 * `UsageError` for what cannot be read, is too long, or is no text in UTF-8.
 */
export async function bodyOf(data: string, stdin: Readable): Promise<string> {
  if (data === '-') return textOf(stdin, 'standard input')
  if (!data.startsWith('@')) return data
  const path = data.slice(1)
  const text =
    path === '-' ? await textOf(stdin, 'standard input') : await textOf(createReadStream(path), path)
  return text.replace(/[\r\n\0]/g, '')
}

async function textOf(stream: Readable, name: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<string | Uint8Array>) {
      const piece = Buffer.from(chunk)
      bytes += piece.length
      if (bytes > BODY_BYTES_MAX) throw new UsageError(`${name} has more than 16 MiB`)
      chunks.push(piece)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); -d @<file> sends what a file holds`,
    )
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new UsageError(`${name} is no text in UTF-8, and -d sends text; base64 makes text of it`)
  }
}
