import type { Advice, FailureKind } from '@evergrant/core'

/**
 * What a program should do about an error code.
 *
 * - `renew`: drop the token, obtain a new one and repeat the call once.
 * - `retry`: the platform had trouble; repeat the call after a pause that grows, if repeating it does no harm.
 * - `slow_down`: the call was turned away before it did anything; repeat it after a second or more.
 * - `wait`: repeat it when the window of the limit has passed.
 * - `configure`: something has to be changed: a key, a permission, a URL, a plan.
 * - `give_up`: the request itself is wrong; repeating it is useless.
 */
export type BaiduAction = 'renew' | 'retry' | 'slow_down' | 'wait' | 'configure' | 'give_up'

/** One line of an error table. */
export interface BaiduErrorEntry {
  readonly action: BaiduAction
  readonly meaning: Advice
  readonly remedy: Advice
}

export type BaiduErrorTable = Readonly<Record<number, BaiduErrorEntry>>

/** The code, and what makes up its entry. */
export type BaiduErrorRow = readonly [
  code: number,
  action: BaiduAction,
  meaningEn: string,
  meaningZh: string,
  remedyEn: string,
  remedyZh: string,
]

export function errorTable(rows: readonly BaiduErrorRow[]): BaiduErrorTable {
  return Object.fromEntries(rows.map(([code, ...entry]) => [code, errorEntry(...entry)]))
}

export function errorEntry(
  action: BaiduAction,
  meaningEn: string,
  meaningZh: string,
  remedyEn: string,
  remedyZh: string,
): BaiduErrorEntry {
  return { action, meaning: { en: meaningEn, zh: meaningZh }, remedy: { en: remedyEn, zh: remedyZh } }
}

/** What a caller should do about an error that calls for an action. */
export const KIND_OF_ACTION: Readonly<Record<BaiduAction, FailureKind>> = {
  renew: 'configure',
  slow_down: 'retry',
  wait: 'retry',
  retry: 'retry',
  configure: 'configure',
  give_up: 'configure',
}
