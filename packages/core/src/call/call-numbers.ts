import { EvergrantError } from '../failure/evergrant-error.ts'
import { fail } from '../failure/fail.ts'
import { CALL_LIMITS, type CallLimits } from './call-decision.ts'
import { CIRCUIT_POLICY, type CircuitPolicy } from './circuit.ts'

/** The limits of a call with their defaults. Throws `invalid_option` for one that is no number of its range. */
export function callLimits(given: Partial<CallLimits> = {}): CallLimits {
  const { attemptsMax, backoffMinMs, backoffMaxMs, pauseMsMax } = CALL_LIMITS
  return {
    attemptsMax: atLeast('attemptsMax', 1, given.attemptsMax ?? attemptsMax),
    backoffMinMs: atLeast('backoffMinMs', 0, given.backoffMinMs ?? backoffMinMs),
    backoffMaxMs: atLeast('backoffMaxMs', 0, given.backoffMaxMs ?? backoffMaxMs),
    pauseMsMax: atLeast('pauseMsMax', 0, given.pauseMsMax ?? pauseMsMax),
  }
}

/** When a circuit opens, with the defaults. Throws `invalid_option` for what is no number of its range. */
export function circuitPolicy(given: Partial<CircuitPolicy> = {}): CircuitPolicy {
  const { failuresMax, openMs, openMsMax } = CIRCUIT_POLICY
  return {
    failuresMax: atLeast('failuresMax', 1, given.failuresMax ?? failuresMax),
    openMs: atLeast('openMs', 0, given.openMs ?? openMs),
    openMsMax: atLeast('openMsMax', 0, given.openMsMax ?? openMsMax),
  }
}

/** The number, which a variable that is not set may have made `NaN`. Throws `invalid_option` when it is below `least`. */
export function atLeast(name: string, least: number, value: number): number {
  if (typeof value === 'number' && value >= least) return value
  const message = `Invalid option: ${name} is ${value}, not a number of at least ${least}.`
  throw new EvergrantError(fail('invalid_option', { message }))
}
