interface Kept {
  readonly token: string
  readonly usableUntil: number
}

/** The least that a cache of tokens can do: one Map lookup and one look at the clock. */
export interface Floor {
  current(): string | undefined
  /** The same behind `await`: a function that returns a promise, as anything must that may have to fetch. */
  token(): Promise<string | undefined>
}

export function floor(): Floor {
  const kept = new Map<string, Kept>([['key', { token: 'token', usableUntil: Date.now() + 86_400_000 }]])
  return {
    current() {
      const found = kept.get('key')
      return found !== undefined && Date.now() < found.usableUntil ? found.token : undefined
    },
    async token() {
      const found = kept.get('key')
      return found !== undefined && Date.now() < found.usableUntil ? found.token : undefined
    },
  }
}
