/** What each subject gave, round by round. */
export type Rounds<Name extends string> = Readonly<Record<Name, readonly number[]>>

/** Measures a subject once. */
export type Measure = () => number | Promise<number>

/**
 * Measures all subjects once a round, one directly after the other. A machine that is busy for a while slows all
 * subjects of a round alike, and a ratio within the round does not notice. The order turns from round to round,
 * so that nobody always comes after the same one. `warmUps` rounds are thrown away first.
 */
export async function interleave<Name extends string>(
  subjects: Readonly<Record<Name, Measure>>,
  { rounds, warmUps = 1 }: { readonly rounds: number; readonly warmUps?: number },
): Promise<Rounds<Name>> {
  const names = Object.keys(subjects) as Name[]
  const measured = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = -warmUps; round < rounds; round++) {
    const first = (round + warmUps) % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const value = await subjects[name]()
      if (round >= 0) measured[name].push(value)
    }
  }
  return measured
}

/** The value in the middle; of an even number, the mean of the two. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

/** The median over the rounds of the subject's share of its limit in the same round. */
export function pairedRatio(subject: readonly number[], limit: readonly number[]): number {
  return median(paired(subject, limit, (value, base) => value / base))
}

/** The median over the rounds of what the subject has more than the base in the same round. */
export function pairedDifference(subject: readonly number[], base: readonly number[]): number {
  return median(paired(subject, base, (value, least) => value - least))
}

function paired(
  subject: readonly number[],
  other: readonly number[],
  combine: (value: number, other: number) => number,
): number[] {
  if (subject.length !== other.length) throw new RangeError('rounds of unequal number are no pairs')
  return subject.map((value, round) => combine(value, other[round] as number))
}

/** The least value that this share of the values, of (0, 1], does not exceed. `NaN` of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
}
