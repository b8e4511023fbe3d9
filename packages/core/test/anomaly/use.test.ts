import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, Watched } from '../support/watched.ts'

describe('the machine that uses a key', () => {
  it('is told when it is not on the list', () => {
    const watched = new Watched({ hosts: ['web-1', 'web-2'] })
    for (const host of ['web-1', 'web-2', 'web-1']) watched.renewed(1, 30 * DAY, host)
    expect(watched.anomalies).toEqual([])
    watched.renewed(2, 30 * DAY, 'laptop')
    expect(watched.anomalies).toMatchObject([
      { type: 'anomaly.host_unexpected', host: 'laptop', because: 'not_listed' },
    ])
  })

  it('is told when it is new and there is no list, except for the first one', () => {
    const watched = new Watched({ renewalsPerLifeMax: 100 })
    for (const host of ['web-1', 'web-1', 'web-2', 'web-1', 'web-2']) watched.renewed(1, DAY, host)
    expect(watched.anomalies).toMatchObject([{ host: 'web-2', because: 'first_seen' }])
  })

  it('is told once per machine, not once for all of them', () => {
    const watched = new Watched({ hosts: [], renewalsPerLifeMax: 100 })
    for (const host of ['a', 'b', 'a', 'b']) watched.renewed(1, DAY, host)
    expect(watched.anomalies).toMatchObject([{ host: 'a' }, { host: 'b' }])
  })

  it('is forgotten when there are too many', () => {
    const watched = new Watched({ hostsMax: 2, renewalsPerLifeMax: 100, repeatAfterMs: 0 })
    for (const host of ['a', 'b', 'a', 'c', 'a', 'b']) watched.renewed(1, DAY, host)
    expect(watched.anomalies).toMatchObject([{ host: 'b' }, { host: 'c' }, { host: 'b' }])
    expect(watched.state.hosts).toEqual(['a', 'b'])
  })

  it('is no matter where nobody says which one it is', () => {
    const watched = new Watched({ hosts: [] })
    watched.called()
    expect(watched.anomalies).toEqual([])
  })
})

/** Calls at an even pace, for a while. */
function busy(watched: Watched, callsPerMinute: number, forMs: number): void {
  const end = watched.now + forMs
  for (; watched.now < end; watched.now += Math.round(MINUTE / callsPerMinute)) watched.called()
}

describe('the rhythm of calls', () => {
  it('is told when there are far more than ever before, once in an interval', () => {
    const watched = new Watched()
    busy(watched, 60, 2 * HOUR)
    expect(watched.anomalies).toEqual([])
    busy(watched, 600, MINUTE)
    expect(watched.anomalies).toMatchObject([
      {
        type: 'anomaly.rhythm_unexpected',
        calls: 240,
        usualCalls: 60,
        intervalMs: MINUTE,
        at: watched.now - 36_100,
      },
    ])
  })

  it('is usual from then on', () => {
    const watched = new Watched({ repeatAfterMs: 0 })
    busy(watched, 60, 2 * HOUR)
    busy(watched, 600, 30 * MINUTE)
    expect(watched.anomalies).toHaveLength(1)
  })

  it('may be quiet at night and busy in the morning', () => {
    const watched = new Watched()
    for (let day = 0; day < 3; day++) {
      busy(watched, 300, 2 * HOUR)
      watched.now += 14 * HOUR
    }
    expect(watched.anomalies).toEqual([])
  })

  it('is learned first, and a few calls are never odd', () => {
    const watched = new Watched()
    busy(watched, 10, 30 * MINUTE)
    busy(watched, 1_200, 5 * MINUTE)
    expect(watched.anomalies).toEqual([])
    const seldom = new Watched()
    busy(seldom, 1, 2 * HOUR)
    busy(seldom, 99, MINUTE)
    expect(seldom.anomalies).toEqual([])
  })

  it('counts every attempt, and takes events that come a little late', () => {
    const watched = new Watched({ rhythmLearningMs: 0, rhythmCallsMax: 5 })
    watched.called()
    watched.now += MINUTE
    watched.called({ attempts: 3 })
    watched.now -= 1
    watched.called({ attempts: 3 })
    expect(watched.anomalies).toMatchObject([{ calls: 6, usualCalls: 1 }])
  })
})
