/** A column of numbers or texts, the first column naming the row. */
interface Column {
  readonly heading: string
  /** Digits after the point. 0 by default. */
  readonly digits?: number
}

export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  /** `undefined` where there is nothing to say. */
  readonly rows: readonly (readonly (string | number | undefined)[])[]
}

/** Something promised, and what was measured. */
export interface Goal {
  readonly claim: string
  readonly measured: number
  /** The most that is allowed. */
  readonly limit: number
  readonly unit: string
  readonly met: boolean
}

export interface Findings {
  readonly tables: readonly Table[]
  readonly goals: readonly Goal[]
}

/** One thing to measure; one file each, listed in `benches.ts`. */
export interface Bench {
  /** In kebab-case, for `--only`. */
  readonly name: string
  readonly title: string
  /** What is measured and how, for the reader of the results. */
  readonly method: string
  run(): Promise<Findings>
}

/** The goal that something is at most as large as its limit. */
export function atMost(claim: string, measured: number, limit: number, unit: string): Goal {
  return { claim, measured, limit, unit, met: measured <= limit }
}
