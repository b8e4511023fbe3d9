import { EvergrantError, fail, type Store } from '@evergrant/core'

/** Lets operations through until it is closed. */
export interface Gate {
  /** Throws with code `closed` once the gate is closed. */
  check(): void
  /** Closes the gate, and the stores behind it that can be closed. Again: does nothing. */
  close(): Promise<void>
}

export function gate(layer: string, stores: readonly Store[], onClose: () => void = () => undefined): Gate {
  let closed = false
  return {
    check() {
      if (closed) throw new EvergrantError(fail('closed', { message: `The ${layer} store was closed.` }))
    },
    async close() {
      if (closed) return
      closed = true
      onClose()
      await Promise.all(stores.map(store => store.close?.()))
    },
  }
}

/** Throws with code `invalid_option` unless a span is a number of ms within its range. */
export function requireSpan(name: string, spanMs: number, leastMs: number, mostMs: number): void {
  if (Number.isFinite(spanMs) && spanMs >= leastMs && spanMs <= mostMs) return
  const message = `Invalid option: ${name} is ${spanMs}, not a number of ms from ${leastMs} to ${mostMs}.`
  throw new EvergrantError(fail('invalid_option', { message }))
}
