import { type Advice, FAILURE_CODES, type Failure, type FailureCode, fail } from '@evergrant/core'
import { failureMessage } from '../failure-message.ts'
import type { ChineseFailures } from './failure-entry.ts'
import { SURROUNDING_FAILURES } from './surrounding-failures.ts'
import { TOKEN_FAILURES } from './token-failures.ts'

// Whoever adds a code adds its text: without one this does not compile.
const TEXTS: Required<ChineseFailures> = { ...TOKEN_FAILURES, ...SURROUNDING_FAILURES }

/** A failure in Chinese. */
export interface FailureText {
  readonly meaning: string
  /** What to do. Absent where trying again is all there is, or nothing. */
  readonly remedy: string | undefined
  /** Its message, in English, where that says more than what its code means: which file, which host. */
  readonly particulars: string | undefined
}

/** A failure in Chinese; `undefined` for a code of a server or a platform. */
export function inChinese({ code, message }: Pick<Failure, 'code' | 'message'>): FailureText | undefined {
  if (!isFailureCode(code)) return undefined
  const [meaning, remedy] = TEXTS[code]
  return {
    meaning,
    remedy,
    particulars: fail(code).message === message ? undefined : failureMessage({ message }),
  }
}

/** A failure in one sentence; in Chinese with its particulars in brackets. */
export function messageOf(failure: Pick<Failure, 'code' | 'message'>, language: keyof Advice): string {
  const text = language === 'zh' ? inChinese(failure) : undefined
  if (text === undefined) return failureMessage(failure)
  return text.particulars === undefined ? text.meaning : `${text.meaning}（${text.particulars}）`
}

/** A failure in one sentence, in both languages. */
export function inBoth(failure: Pick<Failure, 'code' | 'message'>): Advice {
  return { en: messageOf(failure, 'en'), zh: messageOf(failure, 'zh') }
}

/** What a failure is, and what to do, in Chinese; `undefined` for a code of a server or a platform that brings no advice. */
export function adviceInChinese(failure: Failure): string | undefined {
  const text = inChinese(failure)
  if (text === undefined) return failure.advice?.zh
  return messageOf(failure, 'zh') + (failure.advice?.zh ?? text.remedy ?? '')
}

function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(FAILURE_CODES, code)
}
