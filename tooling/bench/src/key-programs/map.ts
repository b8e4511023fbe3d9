import { type KeyProgram, tokenTextOf } from '../key-program.ts'

/** The least that keeps a token and its end. */
export function open(): KeyProgram {
  const kept = new Map<string, { readonly token: string; readonly usableUntil: number }>()
  return {
    add: async (key, index) =>
      kept.set(key, { token: tokenTextOf(index), usableUntil: Date.now() + 86_400_000 }),
    find: async key => kept.get(key)?.token,
  }
}
