import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Anomaly, anomalyInWords, anomalyThresholds, lookForAnomalies } from '../../src/anomalies.ts'
import { EvergrantError } from '../../src/index.ts'
import { HOUR, MINUTE, Watched } from '../support/watched.ts'

describe('an anomaly', () => {
  it('is not told again for a while, but counted', () => {
    const watched = new Watched()
    for (let i = 0; i < 5; i++) {
      watched.rejected(i, true)
      watched.now += 2 * MINUTE
    }
    expect(watched.anomalies).toMatchObject([{ times: 1, generation: 0 }])
    watched.rejected(6, true)
    expect(watched.anomalies).toMatchObject([{ times: 1 }, { times: 5, generation: 6 }])
    watched.now += 10 * MINUTE
    watched.rejected(7, true)
    expect(watched.anomalies.at(-1)).toMatchObject({ times: 1 })
  })

  it('is found in the same sightings every time, and leaves the state before as it was', () => {
    const watched = new Watched()
    watched.renewed(1)
    const before = watched.state
    const frozen = JSON.stringify(before)
    const event = {
      at: watched.now,
      provider: 'test',
      grant: 'the-key',
      type: 'token.rejected',
      generation: 1,
      whileFresh: false,
    } as const
    const look = () => lookForAnomalies(before, 'the-key', { event }, anomalyThresholds())
    expect(look()).toEqual(look())
    expect(JSON.stringify(before)).toBe(frozen)
  })

  it('costs bounded memory, whatever is seen', () => {
    const step = fc.record({
      what: fc.constantFrom('renew', 'reject', 'call', 'fail', 'limit', 'host'),
      ms: fc.nat(HOUR),
      name: fc.nat(1_000),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 400, size: 'max' }), steps => {
        const watched = new Watched({ callsPerDayMax: 5, quotaCodes: ['17'], rhythmLearningMs: 0 })
        for (const { what, ms, name } of steps) {
          watched.now += ms
          if (what === 'renew') watched.renewed(name)
          if (what === 'reject') watched.rejected(name, true)
          if (what === 'call') watched.called({ attempts: (name % 4) + 1, server: `s${name}` })
          if (what === 'fail') watched.failed('17')
          if (what === 'limit') watched.guarded({ type: 'limit.exceeded', pauseMs: 1 }, `api${name}`)
          if (what === 'host') watched.renewed(name, HOUR, `host${name}`)
        }
        const { renewals, freshRejections, hosts, limitRefusals, told } = watched.state
        expect(renewals.length).toBeLessThanOrEqual(5)
        expect(freshRejections.length).toBeLessThanOrEqual(1)
        expect(limitRefusals.length).toBeLessThanOrEqual(11)
        expect(hosts.length).toBeLessThanOrEqual(100)
        expect(told.length).toBeLessThanOrEqual(100)
      }),
      { numRuns: 50 },
    )
  })

  it('is one sentence that fits a log', () => {
    const base = { at: 0, key: '0123456789abcdef', times: 1 }
    const all: Anomaly[] = [
      { ...base, type: 'anomaly.renewals_excessive', renewals: 5, withinMs: MINUTE, lifeMs: HOUR },
      { ...base, type: 'anomaly.fresh_token_rejected', rejections: 1, generation: 7 },
      { ...base, type: 'anomaly.credentials_failing', failures: 3, code: 'invalid_client', by: 'api' },
      { ...base, type: 'anomaly.host_unexpected', host: 'laptop', because: 'not_listed' },
      { ...base, type: 'anomaly.host_unexpected', host: 'web-3', because: 'first_seen' },
      { ...base, type: 'anomaly.rhythm_unexpected', calls: 900, usualCalls: 60, intervalMs: MINUTE },
      { ...base, type: 'anomaly.limit_exceeded', api: 'ocr', refusals: 11, withinMs: 1_000 },
      { ...base, type: 'anomaly.quota_nearly_used', calls: 8, callsPerDayMax: 10 },
      { ...base, type: 'anomaly.quota_used', calls: 10, callsPerDayMax: 10 },
      { ...base, type: 'anomaly.quota_refused', server: 'baidu', code: '17' },
      { ...base, type: 'anomaly.token_requests_stopped', until: 1 },
    ]
    for (const anomaly of all) {
      expect(anomalyInWords(anomaly)).toMatch(/^Key 0123456789abcdef: [^\n]{20,}\.$/)
    }
    expect(anomalyInWords({ ...all[0], times: 3 } as Anomaly)).toBe(
      'Key 0123456789abcdef: renewed 5 times within 1 min (life of its token: 1 h). Found 3 times since it was told last.',
    )
  })
})

describe('thresholds', () => {
  it.each([
    ['repeatAfterMs', -1],
    ['rhythmIntervalMs', 0],
    ['hostsMax', 0],
    ['callsPerDayMax', 0],
    ['quotaWarnFraction', 1.1],
    ['limitRefusalsMax', 10_001],
    ['freshForMs', Number.NaN],
  ])('refuse a %s of %d', (name, value) => {
    const make = () => anomalyThresholds({ [name]: value })
    expect(make).toThrow(EvergrantError)
    expect(make).toThrow(new RegExp(name))
  })

  it('may move the day of the quota to the west', () => {
    expect(anomalyThresholds({ dayOffsetMs: -8 * HOUR }).dayOffsetMs).toBe(-8 * HOUR)
  })
})
