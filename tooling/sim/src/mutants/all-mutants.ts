import { BUGS_OF_LONG_RUNS } from './bugs-of-long-runs.ts'
import { FORMER_BUGS } from './former-bugs.ts'
import { GRANT_MUTANTS } from './grant-mutants.ts'
import type { Mutant } from './mutant.ts'
import { RUNTIME_MUTANTS } from './runtime-mutants.ts'
import { TIME_MUTANTS } from './time-mutants.ts'

/** Every bug that the hunt plants. */
export const ALL_MUTANTS: readonly Mutant[] = [
  ...GRANT_MUTANTS,
  ...TIME_MUTANTS,
  ...RUNTIME_MUTANTS,
  ...FORMER_BUGS,
  ...BUGS_OF_LONG_RUNS,
]
