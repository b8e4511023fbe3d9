import { type HeaderList, headerOf } from '../ports/transport.ts'

const DELTA_SECONDS = /^[0-9]+$/

/**
 * The `Retry-After` of a response (RFC 9110 §10.2.3) in milliseconds, between 0 and `msMax`; `undefined` when
 * it is missing or makes no sense. A date is compared with the response's own `Date`, so that the local clock
 * does not matter, and with `receivedAt` when there is none.
 */
export function retryAfterMs(headers: HeaderList, receivedAt: number, msMax: number): number | undefined {
  const field = headerOf(headers, 'retry-after')?.trim()
  if (field === undefined) return undefined
  const ms = DELTA_SECONDS.test(field)
    ? Number(field) * 1000
    : httpDate(field) - (serverTime(headers) ?? receivedAt)
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), msMax)
}

/** The `Date` of a response in epoch milliseconds, `undefined` when missing or not a date (RFC 9110 §6.6.1). */
export function serverTime(headers: HeaderList): number | undefined {
  const at = httpDate(headerOf(headers, 'date') ?? '')
  return Number.isNaN(at) ? undefined : at
}

/** All three forms of an HTTP date begin with the name of a day; `Date.parse` alone would take "-5" for a date. */
function httpDate(field: string): number {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(field) ? Date.parse(field) : Number.NaN
}
