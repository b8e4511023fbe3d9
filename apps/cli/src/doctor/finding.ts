import type { Advice } from '@evergrant/core'

/** What one look has shown. */
export interface Finding {
  /** `good`; `note`: may be meant so; `bad`: has to be mended. */
  readonly verdict: 'good' | 'note' | 'bad'
  /** What was seen. Holds no key. */
  readonly text: Advice
  /** What to do. Absent where nothing is. */
  readonly remedy?: Advice
  /** The file below the directory that was searched, and its line from 1 on. Absent where it is not about one. */
  readonly file?: string
  readonly line?: number
}

type Place = Pick<Finding, 'file' | 'line'>

export function good(text: Advice): Finding {
  return { verdict: 'good', text }
}

export function note(text: Advice, remedy: Advice, place: Place = {}): Finding {
  return { verdict: 'note', text, remedy, ...place }
}

export function bad(text: Advice, remedy: Advice, place: Place = {}): Finding {
  return { verdict: 'bad', text, remedy, ...place }
}

/** A text in both languages. */
export function said(en: string, zh: string): Advice {
  return { en, zh }
}
