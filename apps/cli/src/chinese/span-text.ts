import { inWords } from '@evergrant/core'

const UNITS: Readonly<Record<string, string>> = { d: '天', h: '小时', min: '分', s: '秒', ms: '毫秒' }

/** A span in Chinese, as `inWords()` has it in English. */
export function spanInChinese(ms: number): string {
  return Number.isFinite(ms) ? unitsInChinese(inWords(ms)) : '无期限'
}

/** A text of `inWords()` in Chinese. */
export function unitsInChinese(span: string): string {
  return span.replace(/(\d+) (d|h|min|s|ms)\b/g, (_all, count, unit) => `${count} ${UNITS[unit]}`)
}
