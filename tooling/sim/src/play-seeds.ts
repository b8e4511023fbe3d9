import { FAULT_KINDS, type FaultKind } from '@evergrant/testkit'
import type { Order } from './order.ts'
import type { Output } from './output.ts'
import { runSeed, type Tally } from './run-seeds.ts'
import { runPool } from './sim-pool.ts'
import { brokenText, summaryText } from './summary.ts'

/** In so many schedules every kind of fault strikes, or the odds of faults are wrong. */
export const ALL_FAULTS_STRIKE_IN = 500
/** Lines of a trace that are printed when a promise is broken. */
const TRACE_LINES = 60
const PROGRESS_MS = 1_000

/** Plays schedules and says what came of it. Returns whether every promise was kept and every fault tried. */
export async function playSeeds(order: Extract<Order, { do: 'seeds' }>, output: Output): Promise<boolean> {
  const { from, count, workers, setting } = order
  const beganAt = performance.now()
  let shownAt = beganAt
  const tally = await runPool(
    { from, count, ...setting },
    {
      workers,
      onProgress: ({ schedules }) => {
        const now = performance.now()
        if (!output.isTTY || now - shownAt < PROGRESS_MS) return
        shownAt = now
        output.write(`\r${schedules} of ${count} schedules`)
      },
    },
  )
  if (output.isTTY) output.write('\r')
  output.write(summaryText(tally, (performance.now() - beganAt) / 1_000, workers))
  const [broken] = tally.broken
  if (broken !== undefined) {
    const { trace } = await runSeed(broken.seed, setting, true)
    output.write(`\n${trace?.text(TRACE_LINES) ?? ''}\n\n${brokenText(broken, setting)}\n`)
    return false
  }
  const missing = count < ALL_FAULTS_STRIKE_IN ? [] : untried(tally, setting.without)
  if (missing.length > 0) output.write(`\nKinds of faults that never struck: ${missing.join(', ')}.\n`)
  return missing.length === 0
}

/** Kinds of faults that should have struck and did not. */
export function untried({ faults }: Tally, without: readonly FaultKind[]): readonly FaultKind[] {
  return FAULT_KINDS.filter(kind => !without.includes(kind) && faults[kind] === undefined)
}
