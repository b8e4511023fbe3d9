import { type ApiAnswer, LOOK_BYTES_MAX } from '@evergrant/core/calls'

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

/** Whether a body is too large to be an error, or in a coding that only its reader can undo. */
export function isOpaque(headers: IncomingHeaders): boolean {
  const coding = fieldOf(headers, 'content-encoding') ?? 'identity'
  return coding !== 'identity' || Number(fieldOf(headers, 'content-length') ?? 0) > LOOK_BYTES_MAX
}
