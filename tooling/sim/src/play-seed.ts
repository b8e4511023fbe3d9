import type { Order } from './order.ts'
import type { Output } from './output.ts'
import { runSeed } from './run-seeds.ts'
import { brokenText } from './summary.ts'

/** Plays one schedule and prints everything that happened in it. Returns whether every promise was kept. */
export async function playSeed(
  { seed, setting }: Extract<Order, { do: 'seed' }>,
  output: Output,
): Promise<boolean> {
  const { violation, trace, events } = await runSeed(seed, setting, true)
  output.write(`${trace?.text() ?? ''}\n\n`)
  if (violation === undefined) {
    output.write(`Seed ${seed}: every promise was kept in ${events} events.\n`)
    return true
  }
  output.write(`${brokenText({ seed, ...violation }, setting)}\n`)
  return false
}
