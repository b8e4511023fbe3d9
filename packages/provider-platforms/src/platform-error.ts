import type { Advice } from '@evergrant/core'

/**
 * What a program should do about an error code.
 *
 * - `renew`: drop the token, obtain a new one and make the call again, once.
 * - `client`: correct id or secret of the application.
 * - `configure`: change something else: a list of addresses, a permission, a quota, the request.
 * - `slow_down`: make the call again when the window of the limit has passed.
 * - `retry`: the platform had trouble; make the call again after a pause, if that does no harm.
 */
export type PlatformAction = 'renew' | 'client' | 'configure' | 'slow_down' | 'retry'

/** One line of an error table. */
export interface PlatformError {
  readonly action: PlatformAction
  /** What the code means and what helps. */
  readonly advice: Advice
  /** How long a limit takes to let calls pass again, in ms. Absent: a minute. */
  readonly pauseMs?: number
}

/** By code, as text. */
export type PlatformErrorTable = Readonly<Record<string, PlatformError>>

type Row = readonly [
  code: number | string,
  action: PlatformAction,
  en: string,
  zh: string,
  pauseMs?: number | undefined,
]

export function platformErrors(...rows: readonly Row[]): PlatformErrorTable {
  return Object.fromEntries(
    rows.map(([code, action, en, zh, pauseMs]) => [
      code,
      { action, advice: { en, zh }, ...(pauseMs !== undefined && { pauseMs }) },
    ]),
  )
}

/** The line of a code; `undefined` for a code that the table does not know. */
export function entryOf(table: PlatformErrorTable, code: string): PlatformError | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined
}

/** How long a limit of which nothing else is known may take to let calls pass again, in ms. */
export const LIMIT_PAUSE_MS = 60_000
