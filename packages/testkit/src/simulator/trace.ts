/** What a line of a trace is stamped with. */
interface Moment {
  readonly now: number
  readonly events: number
}

/** To whom something happens. */
export interface Noted {
  readonly name: string
  /** How far its clock is from the true time, in ms; absent where there is no clock. */
  readonly clockErrorMs?: number
}

/** The columns of a trace, and how wide each but the last is. */
const COLUMNS = [
  ['event', 6],
  ['time', 11],
  ['who', 6],
  ['clock', 9],
  ['what', 15],
  ['detail', 0],
] as const

/**
 * A readable account of everything that happened, one line each: the number of the event, true time in seconds
 * since the beginning, to whom it happened, how far its clock is off in seconds, what happened, and in detail.
 */
export class Trace {
  readonly #beginsAt: number
  readonly #lines: string[] = []

  constructor(beginsAt: number) {
    this.#beginsAt = beginsAt
  }

  add({ now, events }: Moment, { name, clockErrorMs }: Noted, what: string, detail: string): void {
    const clock = clockErrorMs === undefined ? '' : inSeconds(clockErrorMs)
    this.#lines.push(row([String(events), inSeconds(now - this.#beginsAt), name, clock, what, detail]))
  }

  /** The names of the columns, and the last `count` lines. */
  text(count: number = this.#lines.length): string {
    const left = Math.max(0, this.#lines.length - count)
    const gap = left > 0 ? [`… ${left} lines before`] : []
    return [row(COLUMNS.map(([name]) => name)), ...gap, ...this.#lines.slice(left)].join('\n')
  }
}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}

/** Numbers to the right, words to the left. */
function row(cells: readonly string[]): string {
  return COLUMNS.map(([name, width], i) => {
    const cell = cells[i] ?? ''
    return name === 'who' || name === 'what' ? cell.padEnd(width) : cell.padStart(width)
  })
    .join('  ')
    .trimEnd()
}
