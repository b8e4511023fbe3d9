/** Chance that is the same in every run. */
export interface Dice {
  /** A whole number of [0, `below`). */
  whole(below: number): number
  /** Whether something that happens once in `times` happens now. */
  once(times: number): boolean
  pick<Item>(from: readonly Item[]): Item
}

/** Dice of a seed: the generator mulberry32, which is small and good enough to choose among mutations. */
export function diceOf(seed: number): Dice {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (below: number) => Math.floor(next() * below)
  return {
    whole,
    once: times => whole(times) === 0,
    pick: from => from[whole(from.length)] as (typeof from)[number],
  }
}
