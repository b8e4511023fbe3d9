import { AI_ERRORS } from './api-errors.ts'
import { CLASSIC_ERRORS, PLATFORM_ERRORS } from './classic-errors.ts'
import type { BaiduErrorEntry } from './error-entry.ts'

/**
 * What an `error_code` means and what to do about it; `undefined` for a code that no table knows. Understands
 * numbers, and the strings of digits that the classic API sends.
 */
export function explainBaiduError(code: number | string): BaiduErrorEntry | undefined {
  const number = Number(code)
  return AI_ERRORS[number] ?? CLASSIC_ERRORS[number] ?? PLATFORM_ERRORS[number]
}
