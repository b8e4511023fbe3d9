import { bareRequest } from './bare-request.ts'
import { giveBack, givenArgument } from './child-process.ts'
import { coldBurst } from './cold-burst.ts'
import type { Endpoint } from './library.ts'
import { interleave } from './rounds.ts'

/** One endpoint for the bare requests, and a client id of its own for each cold key. */
export interface ColdCallersRequest {
  readonly bare: Endpoint
  readonly cold: readonly Endpoint[]
  readonly callers: number
  readonly warmUps: number
}

/** By round, in ms: what one bare request took, and how long it took until every caller had the token. */
export interface ColdCallersTimes {
  readonly bare: readonly number[]
  readonly callers: readonly number[]
}

const { bare, cold, callers, warmUps } = givenArgument<ColdCallersRequest>()
const keys = [...cold]
const times: ColdCallersTimes = await interleave(
  {
    bare: () => elapsedMs(() => bareRequest(bare)),
    callers: () => elapsedMs(() => coldBurst(keys.pop() as Endpoint, callers)),
  },
  { rounds: cold.length - warmUps, warmUps },
)
giveBack(times)

async function elapsedMs(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()
  return performance.now() - startedAt
}
