import { systemClock, tokenRuntime } from '@evergrant/runtime'
import type { Program, Surroundings } from '@evergrant/testkit'

/** The real runtime, on the real system clock, in simulated surroundings. */
export function openProgram({ store, transport, time, random, newHolderName }: Surroundings): Program {
  const clock = systemClock(time)
  const runtime = tokenRuntime({ store, transport, clock, random, newHolderName })
  return {
    now: () => clock.now(),
    source: wish => runtime.source(wish),
    close: () => runtime.close(),
  }
}
