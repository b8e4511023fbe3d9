import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'

/** A value for each grant of each process. */
export class PerProcess<Value> {
  readonly #values = new Map<SimulatedProcess, Map<SimulatedGrant, Value>>()

  get(process: SimulatedProcess, grant: SimulatedGrant): Value | undefined {
    return this.#values.get(process)?.get(grant)
  }

  set(process: SimulatedProcess, grant: SimulatedGrant, value: Value): void {
    const values = this.#values.get(process) ?? new Map()
    this.#values.set(process, values.set(grant, value))
  }
}
