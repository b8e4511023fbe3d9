/** Numbers that look random and are not: the same seed gives the same ones on every machine. */
export interface Random {
  /** A number of [0, 1). */
  next(): number
  /** A whole number of [0, `bound`). */
  below(bound: number): number
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  /** `true` with this probability. */
  chance(probability: number): boolean
  /** One of a list that is not empty. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/**
 * The generator of one stream of a seed. Streams of one seed have nothing to do with each other, so that what
 * one part of a simulation draws does not shift what another part gets.
 *
 * sfc32 of Chris Doty-Humphrey's PractRand: 128 bits of state, seeded by a hash of seed and stream.
 */
export function seededRandom(seed: number, stream: string): Random {
  let [a, b, c] = hashed(`${seed}/${stream}`)
  let counter = 1

  function next(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x1_0000_0000
  }

  // The first numbers still show the hash.
  for (let i = 0; i < 12; i++) next()

  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: probability => next() < probability,
    pick: items => items[below(items.length)] ?? items[0],
  }
}

/** Three words of 32 bits out of a text, by FNV-1a with three beginnings. */
function hashed(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c_9dc5, 0x1234_5678, 0x9e37_79b9]
  for (let i = 0; i < text.length; i++) {
    for (let word = 0; word < 3; word++) {
      words[word] = Math.imul((words[word] ?? 0) ^ text.charCodeAt(i), 0x0100_0193) ^ (word << 7)
    }
  }
  return words
}
