import { inWords } from '@evergrant/core'

const UNITS: Readonly<Record<string, string>> = { d: '天', h: '小时', min: '分', s: '秒', ms: '毫秒' }

/** A span in Chinese, as `inWords()` has it in English. */
export function spanInChinese(ms: number): string {
  if (!Number.isFinite(ms)) return '无期限'
  return inWords(ms).replace(/(\d+) (d|h|min|s|ms)\b/g, (_all, count, unit) => `${count} ${UNITS[unit]}`)
}
