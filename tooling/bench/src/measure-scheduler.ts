import { createHook } from 'node:async_hooks'
import { systemClock, type TokenSource } from '@evergrant/runtime'
import { nsPerCall } from './call-cost.ts'
import { giveBack, givenArgument } from './child-process.ts'
import { keyOf } from './key-program.ts'
import { manyKeysRuntime, sourceIn } from './key-programs/evergrant.ts'
import { interleave, median } from './rounds.ts'

export interface SchedulerRequest {
  /** Keys that are kept warm, to count timers. */
  readonly keys: number
  /** Wake-ups that stand while the cost of one more is measured. */
  readonly standing: readonly number[]
}

export interface SchedulerFindings {
  /** Timers of the process beyond those that it had without any key. */
  readonly timers: number
  /** Ns to set a wake-up and to cancel it, by the number that stand, in the order of the request. */
  readonly ns: readonly number[]
}

const ROUNDS = 15
const DAY_MS = 86_400_000

const { keys, standing } = givenArgument<SchedulerRequest>()
const findings: SchedulerFindings = { timers: await timersOf(keys), ns: await costs(standing) }
giveBack(findings)

/** Timers that are set, also those that let the process end, which Node does not list. */
async function timersOf(count: number): Promise<number> {
  const live = new Set<number>()
  const hook = createHook({
    init: (id, type) => {
      if (type === 'Timeout') live.add(id)
    },
    destroy: id => live.delete(id),
  }).enable()
  const runtime = manyKeysRuntime()
  const sources: TokenSource[] = []
  for (let i = 0; i < count; i++) {
    const source = sourceIn(runtime, keyOf(i), true)
    await source.token()
    sources.push(source)
  }
  // What was cancelled is told of a little later.
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
  hook.disable()
  const held = sources.filter(source => source.current() !== undefined).length
  if (held !== count) throw new Error(`${held} of ${count} keys have a token`)
  return live.size
}

/** Each round's instants are anywhere among those that stand. */
async function costs(numbers: readonly number[]): Promise<readonly number[]> {
  const subjects = Object.fromEntries(numbers.map(number => [String(number), costOfOneMore(number)]))
  const rounds = await interleave(subjects, { rounds: ROUNDS, warmUps: 3 })
  return numbers.map(number => median(rounds[String(number)] ?? []))
}

function costOfOneMore(number: number): () => Promise<number> {
  const clock = systemClock()
  const from = clock.now() + DAY_MS
  for (let i = 0; i < number; i++) clock.wake(from + spread(i), nothing)
  let turn = 0
  return () => nsPerCall(() => clock.wake(from + spread(++turn), nothing)())
}

/** Ms of a day, well scattered, and the same in every run. */
function spread(index: number): number {
  return (Math.imul(index, 0x9e37_79b1) >>> 0) % DAY_MS
}

function nothing(): void {}
