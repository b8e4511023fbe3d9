/** When a circuit opens, and for how long. */
export interface CircuitPolicy {
  /** How many failures in a row open it. 1 or more. */
  readonly failuresMax: number
  /** How long it stays open the first time, in ms; doubles with every failed probe. */
  readonly openMs: number
  readonly openMsMax: number
}

export const CIRCUIT_POLICY: CircuitPolicy = { failuresMax: 10, openMs: 1_000, openMsMax: 60_000 }

/**
 * The failure memory of one API. A plain value.
 *
 * - `closed`: calls go through; failures in a row are counted.
 * - `open`: calls fail at once until `until`.
 * - `probe`: one call is under way to find out; the others still fail at once.
 */
export interface Circuit {
  readonly state: 'closed' | 'open' | 'probe'
  /** Failures in a row. */
  readonly failures: number
  /** Epoch ms: the end of the pause, or of the patience with a probe. 0 while closed. */
  readonly until: number
}

export const CLOSED_CIRCUIT: Circuit = { state: 'closed', failures: 0, until: 0 }

/** Whether a call may be made, and what the circuit is then. */
export type Admission =
  | { readonly admitted: true; readonly circuit: Circuit }
  | { readonly admitted: false; readonly retryAfterMs: number }

/** Asks for a call. The first one after the pause is the probe; one that never reports back is given up in time. */
export function admit(circuit: Circuit, at: number, policy: CircuitPolicy): Admission {
  if (circuit.state === 'closed') return { admitted: true, circuit }
  if (at < circuit.until) return { admitted: false, retryAfterMs: circuit.until - at }
  return { admitted: true, circuit: { ...circuit, state: 'probe', until: at + policy.openMsMax } }
}

/** The circuit after a call has come to its end: `ok` unless the server was at fault. */
export function settled(circuit: Circuit, ok: boolean, at: number, policy: CircuitPolicy): Circuit {
  if (ok) return CLOSED_CIRCUIT
  const failures = circuit.failures + 1
  // Calls that were made before it opened come back late, and tell nothing new.
  if (circuit.state === 'open') return circuit
  if (failures < policy.failuresMax) return { state: 'closed', failures, until: 0 }
  const rounds = failures - policy.failuresMax
  return { state: 'open', failures, until: at + Math.min(policy.openMsMax, policy.openMs * 2 ** rounds) }
}

/** The circuit after a call that has told nothing: where it was the probe, the next one is. */
export function unsettled(circuit: Circuit, at: number): Circuit {
  return circuit.state === 'probe' ? { ...circuit, state: 'open', until: at } : circuit
}
