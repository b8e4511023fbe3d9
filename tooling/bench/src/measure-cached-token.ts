import { do_not_optimize } from 'mitata'
import { bytesPerCall, nsPerCall } from './call-cost.ts'
import { giveBack, givenArgument } from './child-process.ts'
import { floor } from './floor.ts'
import { open as openOurs } from './libraries/evergrant.ts'
import { type Endpoint, type LibraryName, loadProgram } from './library.ts'
import { interleave } from './rounds.ts'

/** What to measure: the time or the garbage of a library's `await`ed call, or of our synchronous one. */
export interface CachedTokenRequest {
  readonly measure: 'ns' | 'bytes'
  readonly library: LibraryName
  readonly shape: 'awaited' | 'plain'
  readonly endpoint: Endpoint
}

/** Ns or bytes per call by round, of a subject and of the floor beside it. */
export interface CachedTokenCost {
  readonly subject: readonly number[]
  readonly floor: readonly number[]
}

/** Time is full of noise, memory is not. */
const METERS = {
  ns: { perCall: nsPerCall, rounds: 25, warmUps: 4 },
  bytes: { perCall: bytesPerCall, rounds: 3, warmUps: 1 },
}

const { measure, library, shape, endpoint } = givenArgument<CachedTokenRequest>()
const { perCall, ...rounds } = METERS[measure]
const { subject, least } = shape === 'plain' ? await plainCalls() : await awaitedCalls()
const cost: CachedTokenCost = await interleave(
  { subject: () => perCall(subject), floor: () => perCall(least) },
  rounds,
)
giveBack(cost)

async function awaitedCalls() {
  const program = (await loadProgram(library))(endpoint)
  await program.token()
  return { subject: program.ask, least: floor().token }
}

/** Results are used, or the engine would find out that they need not be computed. */
async function plainCalls() {
  const program = openOurs(endpoint)
  await program.token()
  const { current } = floor()
  return {
    subject: () => do_not_optimize(program.current()),
    least: () => do_not_optimize(current()),
  }
}
