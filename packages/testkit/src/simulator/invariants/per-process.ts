import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'

/** A value for each grant of each process. */
export class PerProcess<Value> {
  readonly #values = new Map<SimulatedProcess, Map<SimulatedGrant, Value>>()

  get(process: SimulatedProcess, grant: SimulatedGrant): Value | undefined {
    return this.#values.get(process)?.get(grant)
  }

  set(process: SimulatedProcess, grant: SimulatedGrant, value: Value): void {
    let values = this.#values.get(process)
    if (values === undefined) this.#values.set(process, (values = new Map()))
    values.set(grant, value)
  }
}
