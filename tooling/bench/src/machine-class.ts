import { availableParallelism } from 'node:os'

/** What may be told of the machine that measured: enough to read the numbers, nothing that names it. */
export interface MachineClass {
  readonly cores: number
  /** `v24.1.0` */
  readonly node: string
  /** The day, as ISO 8601 has it. */
  readonly date: string
}

export function machineClass(): MachineClass {
  return {
    cores: availableParallelism(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  }
}
