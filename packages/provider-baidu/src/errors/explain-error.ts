import { AI_ERRORS } from './api-errors.ts'
import { CLASSIC_ERRORS, PLATFORM_ERRORS } from './classic-errors.ts'
import type { BaiduErrorEntry } from './error-entry.ts'
import { GATEWAY_ERRORS } from './gateway-errors.ts'

/**
 * What an `error_code` means and what to do about it; `undefined` for a code that no table knows. Understands
 * numbers, the strings of digits that the classic API sends, and the names of the cloud's IAM and gateway.
 */
export function explainBaiduError(code: number | string): BaiduErrorEntry | undefined {
  if (typeof code === 'string' && !/^\d{1,9}$/.test(code)) {
    return Object.hasOwn(GATEWAY_ERRORS, code) ? GATEWAY_ERRORS[code] : undefined
  }
  const number = Number(code)
  return AI_ERRORS[number] ?? CLASSIC_ERRORS[number] ?? PLATFORM_ERRORS[number]
}
