import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, START, Watched } from '../support/watched.ts'

describe('a limit on the rate of calls', () => {
  it('is told when an API says again and again that it is called too often', () => {
    const watched = new Watched({ limitRefusalsMax: 2 })
    for (let i = 0; i < 6; i++) {
      watched.guarded({ type: 'limit.exceeded', pauseMs: 1_000 })
      watched.now += 30 * SECOND
    }
    expect(watched.anomalies).toEqual([])
    for (let i = 0; i < 3; i++) watched.guarded({ type: 'limit.exceeded', pauseMs: 1_000 }, 'asr')
    expect(watched.anomalies).toMatchObject([
      { type: 'anomaly.limit_exceeded', api: 'asr', refusals: 3, withinMs: 30 * SECOND },
    ])
  })

  it('has nothing to do with circuits', () => {
    const watched = new Watched({ limitRefusalsMax: 0 })
    watched.guarded({ type: 'circuit.closed' })
    expect(watched.anomalies).toEqual([])
  })
})

describe('the quota of a day', () => {
  it('is told at the warning and at the end, once each', () => {
    const watched = new Watched({ callsPerDayMax: 10 })
    for (let call = 1; call <= 12; call++) watched.called()
    expect(watched.anomalies).toMatchObject([
      { type: 'anomaly.quota_nearly_used', calls: 8, callsPerDayMax: 10, times: 1 },
      { type: 'anomaly.quota_used', calls: 10, callsPerDayMax: 10, times: 1 },
    ])
  })

  it('begins anew with the day, wherever that begins', () => {
    const offset = 8 * HOUR
    const watched = new Watched({ callsPerDayMax: 2, quotaWarnFraction: 1, dayOffsetMs: offset })
    watched.now = START + DAY - offset - 1
    watched.called()
    watched.now += 1
    watched.called()
    expect(watched.anomalies).toEqual([])
    watched.now -= 1
    watched.called()
    expect(watched.types).toEqual(['anomaly.quota_used'])
  })

  it('counts every attempt', () => {
    const watched = new Watched({ callsPerDayMax: 10 })
    watched.called({ attempts: 9 })
    watched.called({ attempts: 2 })
    expect(watched.anomalies).toMatchObject([{ calls: 9 }, { calls: 11 }])
  })

  it('is told when the API says that it is used up', () => {
    const watched = new Watched({ quotaCodes: ['17', '19'] })
    watched.called()
    watched.failed('18')
    watched.paused('18')
    expect(watched.anomalies).toEqual([])
    watched.failed('17')
    watched.now += 10 * MINUTE
    watched.paused('19')
    expect(watched.anomalies).toMatchObject([
      { type: 'anomaly.quota_refused', server: 'baidu', code: '17' },
      { code: '19', times: 1 },
    ])
  })
})
