import type { Scenario } from './scenario.ts'
import type { Targets } from './step-faults.ts'
import type { Workload } from './workload.ts'

/** Everything that a simulated world consists of. */
export interface Parts extends Targets {
  readonly scenario: Scenario
  readonly workload: Workload
}
