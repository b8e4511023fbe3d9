import { describe, expect, it } from 'vitest'
import { admit, type Circuit, CLOSED_CIRCUIT, settled, unsettled } from '../../src/calls.ts'

const POLICY = { failuresMax: 3, openMs: 1_000, openMsMax: 4_000 }

function failing(times: number, at = 0, from: Circuit = CLOSED_CIRCUIT): Circuit {
  let circuit = from
  for (let i = 0; i < times; i++) circuit = settled(circuit, false, at, POLICY)
  return circuit
}

describe('a circuit', () => {
  it('is closed until several calls in a row have failed', () => {
    expect(admit(failing(2), 0, POLICY).admitted).toBe(true)
    expect(failing(3)).toEqual({ state: 'open', failures: 3, until: 1_000 })
  })

  it('forgets failures with the first success', () => {
    expect(settled(failing(2), true, 0, POLICY)).toBe(CLOSED_CIRCUIT)
  })

  it('lets calls fail at once while it is open, and says for how long', () => {
    expect(admit(failing(3), 400, POLICY)).toEqual({ admitted: false, retryAfterMs: 600 })
  })

  it('lets one call through after the pause, and no other before that one is back', () => {
    const admission = admit(failing(3), 1_000, POLICY)
    if (!admission.admitted) throw new Error('not admitted')
    expect(admission.circuit.state).toBe('probe')
    expect(admit(admission.circuit, 1_001, POLICY)).toEqual({ admitted: false, retryAfterMs: 3_999 })
  })

  it('gives up a probe that never comes back', () => {
    const admission = admit(failing(3), 1_000, POLICY)
    if (!admission.admitted) throw new Error('not admitted')
    expect(admit(admission.circuit, 5_000, POLICY).admitted).toBe(true)
  })

  it('closes when the probe succeeds, and stays open for longer each time it fails', () => {
    let circuit = failing(3)
    const pauses: number[] = []
    for (let round = 0; round < 4; round++) {
      const at = circuit.until
      const admission = admit(circuit, at, POLICY)
      if (!admission.admitted) throw new Error('not admitted')
      circuit = settled(admission.circuit, false, at, POLICY)
      pauses.push(circuit.until - at)
    }
    expect(pauses).toEqual([2_000, 4_000, 4_000, 4_000])
    expect(settled({ ...circuit, state: 'probe' }, true, 0, POLICY)).toBe(CLOSED_CIRCUIT)
  })

  it('lets the next call be the probe when the probe has told nothing', () => {
    const admission = admit(failing(3), 1_000, POLICY)
    if (!admission.admitted) throw new Error('not admitted')
    const given = unsettled(admission.circuit, 1_200)
    expect(given).toEqual({ state: 'open', failures: 3, until: 1_200 })
    expect(admit(given, 1_200, POLICY)).toMatchObject({ admitted: true, circuit: { state: 'probe' } })
    const counting = failing(2)
    expect(unsettled(counting, 5)).toBe(counting)
  })

  it('learns nothing from calls that were made before it opened', () => {
    const open = failing(3)
    expect(settled(open, false, 500, POLICY)).toBe(open)
  })
})
