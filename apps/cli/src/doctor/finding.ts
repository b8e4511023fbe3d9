/** What one look has shown. */
export interface Finding {
  /** `good`; `note`: may be meant so; `bad`: has to be mended. */
  readonly verdict: 'good' | 'note' | 'bad'
  /** What was seen. Holds no key. */
  readonly text: string
  /** What to do. Absent where nothing is. */
  readonly remedy?: string
}

export function good(text: string): Finding {
  return { verdict: 'good', text }
}

export function note(text: string, remedy: string): Finding {
  return { verdict: 'note', text, remedy }
}

export function bad(text: string, remedy: string): Finding {
  return { verdict: 'bad', text, remedy }
}
