import { describe, expect, it } from 'vitest'
import { CALL_LIMITS, CIRCUIT_POLICY, callLimits, circuitPolicy } from '../../src/calls.ts'

describe('the numbers of calls', () => {
  it('are the defaults where nothing is said', () => {
    expect(callLimits()).toEqual(CALL_LIMITS)
    expect(circuitPolicy()).toEqual(CIRCUIT_POLICY)
    expect(callLimits({ attemptsMax: 2, pauseMsMax: 0 })).toEqual({
      ...CALL_LIMITS,
      attemptsMax: 2,
      pauseMsMax: 0,
    })
  })

  it('are refused where they are none, as what is read from a variable that is not set', () => {
    for (const name of Object.keys(CALL_LIMITS)) {
      expect(() => callLimits({ [name]: Number.NaN })).toThrow(`${name} is NaN`)
      expect(() => callLimits({ [name]: -1 })).toThrow(`${name} is -1`)
    }
    for (const name of Object.keys(CIRCUIT_POLICY)) {
      expect(() => circuitPolicy({ [name]: Number.NaN })).toThrow(`${name} is NaN`)
    }
    expect(() => callLimits({ attemptsMax: 0 })).toThrow('attemptsMax is 0')
  })
})
