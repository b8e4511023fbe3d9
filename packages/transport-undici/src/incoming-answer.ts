import { type ApiAnswer, LOOK_BYTES_MAX } from '@evergrant/core/calls'
import { isLegible } from './content-coding.ts'

/** Header fields as undici hands them on: names in lower case. */
export type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>

/** An answer as a resource server is to judge it. */
export function answerOf(status: number, headers: IncomingHeaders, body: string | undefined): ApiAnswer {
  return { status, header: name => fieldOf(headers, name), body }
}

/** The first value of a header field; `undefined` when there is none of that name. */
export function fieldOf(headers: IncomingHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** How a body was compressed; `identity`: not at all. */
export function codingOf(headers: IncomingHeaders): string {
  return fieldOf(headers, 'content-encoding') ?? 'identity'
}

/** Whether a body is too large to be an error, or in a coding that only its reader can undo. */
export function isOpaque(headers: IncomingHeaders): boolean {
  return !isLegible(codingOf(headers)) || Number(fieldOf(headers, 'content-length') ?? 0) > LOOK_BYTES_MAX
}
