import { describe, expect, it } from 'vitest'
import { fail } from '../../src/index.ts'
import { DAY, HOUR, MINUTE, SECOND, Watched } from '../support/watched.ts'

describe('renewals', () => {
  it.each([
    ['a month', 30 * DAY, 29 * DAY],
    ['an hour', HOUR, 48 * MINUTE],
    ['a second', SECOND, 800],
    ['no end', Number.POSITIVE_INFINITY, 10 * DAY],
  ])('of a token that lives for %s are no news when each comes before its end', (_, lifeMs, everyMs) => {
    const watched = new Watched()
    for (let generation = 1; generation <= 50; generation++) {
      watched.renewed(generation, lifeMs)
      watched.now += everyMs
    }
    expect(watched.anomalies).toEqual([])
  })

  it('that come more often than the life of the token explains are told', () => {
    const watched = new Watched()
    for (let generation = 1; generation <= 4; generation++) {
      watched.renewed(generation, 30 * DAY)
      watched.now += MINUTE
    }
    expect(watched.anomalies).toEqual([])
    watched.renewed(5, 30 * DAY)
    expect(watched.anomalies).toEqual([
      {
        type: 'anomaly.renewals_excessive',
        at: watched.now,
        key: 'the-key',
        times: 1,
        renewals: 5,
        withinMs: 4 * MINUTE,
        lifeMs: 30 * DAY,
      },
    ])
  })

  it('of a token that lives long are counted within a day', () => {
    const watched = new Watched()
    for (let generation = 1; generation <= 20; generation++) {
      watched.renewed(generation, 30 * DAY)
      watched.now += DAY / 4 + 1
    }
    expect(watched.anomalies).toEqual([])
  })
})

describe('a rejected token', () => {
  it('is told when it had just been won', () => {
    const watched = new Watched()
    watched.renewed(7)
    watched.now += 59 * SECOND
    watched.rejected(7)
    expect(watched.anomalies).toMatchObject([
      { type: 'anomaly.fresh_token_rejected', rejections: 1, generation: 7 },
    ])
  })

  it('is told when the one before it was rejected, too', () => {
    const watched = new Watched()
    watched.rejected(8, true)
    expect(watched.types).toEqual(['anomaly.fresh_token_rejected'])
  })

  it('is no news when it had been in use for a while, or is another one', () => {
    const watched = new Watched()
    watched.rejected(1)
    watched.renewed(7)
    watched.rejected(6)
    watched.now += MINUTE
    watched.rejected(7)
    expect(watched.anomalies).toEqual([])
  })

  it('can be tolerated a few times in an hour', () => {
    const watched = new Watched({ freshRejectionsMax: 1 })
    watched.rejected(1, true)
    watched.now += HOUR
    watched.rejected(2, true)
    expect(watched.anomalies).toEqual([])
    watched.now += HOUR - 1
    watched.rejected(3, true)
    expect(watched.anomalies).toMatchObject([{ rejections: 2 }])
  })
})

describe('credentials', () => {
  it('that are refused several times in a row are told, with the reason', () => {
    const watched = new Watched()
    for (let i = 0; i < 2; i++) watched.refused('invalid_client')
    expect(watched.anomalies).toEqual([])
    watched.refused('invalid_client')
    expect(watched.anomalies).toMatchObject([
      { type: 'anomaly.credentials_failing', failures: 3, code: 'invalid_client', by: 'token_endpoint' },
    ])
  })

  it('are fine again after a success', () => {
    const watched = new Watched()
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2; i++) watched.refused('invalid_grant')
      watched.renewed(round, 30 * DAY)
    }
    expect(watched.anomalies).toEqual([])
  })

  it('have nothing to do with a network that fails', () => {
    const watched = new Watched()
    for (let i = 0; i < 10; i++) watched.refused('transport_failed')
    expect(watched.anomalies).toEqual([])
  })

  it('may be refused by an API, in the words of its provider', () => {
    const watched = new Watched({ credentialCodes: ['14', '23'] })
    watched.failed('14')
    watched.failed('23')
    watched.called()
    watched.failed('14')
    watched.failed('18')
    watched.failed('23')
    expect(watched.anomalies).toEqual([])
    watched.failed('23')
    expect(watched.anomalies).toMatchObject([{ failures: 3, code: '23', by: 'api' }])
  })
})

describe('the end of the hourly budget of token requests', () => {
  it('is told', () => {
    const watched = new Watched()
    const until = watched.now + HOUR
    watched.see({
      at: watched.now,
      provider: 'test',
      grant: 'the-key',
      type: 'renewal.failed',
      failure: fail('request_budget_spent'),
      attempts: 0,
      until,
    })
    expect(watched.anomalies).toMatchObject([{ type: 'anomaly.token_requests_stopped', until }])
  })
})
