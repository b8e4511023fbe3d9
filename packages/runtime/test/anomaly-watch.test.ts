import { fail } from '@evergrant/core'
import { jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { type Anomaly, anomalyWatch, watchAnomalies } from '../src/anomalies.ts'
import { authorizedFetch, bearerApi, callGuard } from '../src/calls.ts'
import { EvergrantError, type TokenEvent } from '../src/index.ts'
import { failureOf, rig } from './support/rig.ts'

const API = bearerApi({ origins: ['https://api.example'] })

describe('the watch of a source', () => {
  it('tells of tokens that are rejected right after they were won, under the name of the grant', async () => {
    const { source, events } = rig()
    const anomalies: Anomaly[] = []
    watchAnomalies(source, { onAnomaly: anomaly => anomalies.push(anomaly) })
    source.reject(await source.token())
    expect(anomalies).toMatchObject([
      { type: 'anomaly.fresh_token_rejected', key: events[0]?.grant, generation: 1, times: 1 },
    ])
  })

  it('tells of a wrong secret that is tried again and again, and counts it', async () => {
    const { source, clock, transport } = rig()
    const watch = watchAnomalies(source)
    for (let i = 0; i < 4; i++) {
      transport.expect(jsonResponse({ error: 'invalid_client' }, 401))
      await failureOf(source.token())
      await clock.advance(300_000)
    }
    expect(watch.counts()).toEqual({ 'anomaly.credentials_failing': 1 })
  })

  it('hears of calls and of guards, wherever they know of its key', async () => {
    const { source, clock, events } = rig()
    const anomalies: Anomaly[] = []
    const watch = watchAnomalies(source, {
      thresholds: { callsPerDayMax: 2, limitRefusalsMax: 0 },
      onAnomaly: anomaly => anomalies.push(anomaly),
    })
    const guard = callGuard({ clock, onEvent: watch.see })
    const call = authorizedFetch(source, API, {
      clock,
      guard,
      onEvent: watch.see,
      limits: { attemptsMax: 1 },
      fetch: async () => new Response('', { status: 429 }),
    })
    await call('https://api.example/a')
    await call('https://api.example/a')
    const key = events[0]?.grant
    expect(anomalies).toMatchObject([
      { type: 'anomaly.limit_exceeded', api: 'api.example/a', key },
      { type: 'anomaly.quota_used', calls: 2, key },
    ])
  })

  it('tells of a machine that may not use the key', async () => {
    const { source } = rig()
    const anomalies: Anomaly[] = []
    watchAnomalies(source, {
      host: 'laptop',
      thresholds: { hosts: ['web-1'] },
      onAnomaly: anomaly => anomalies.push(anomaly),
    })
    await source.token()
    expect(anomalies).toMatchObject([{ type: 'anomaly.host_unexpected', host: 'laptop' }])
  })

  it('ends when it is told to', async () => {
    const { source } = rig()
    const watch = watchAnomalies(source)
    watch.end()
    source.reject(await source.token())
    expect(watch.counts()).toEqual({})
  })

  it('is not disturbed by a listener that throws, and neither are the calls', async () => {
    const { source } = rig()
    const watch = watchAnomalies(source, {
      onAnomaly: () => {
        throw new Error('the log is full')
      },
    })
    source.reject(await source.token())
    await source.token()
    expect(watch.counts()).toEqual({ 'anomaly.fresh_token_rejected': 1 })
  })

  it('knows its key by no name before the first event that has one', () => {
    const { source } = rig()
    const anomalies: Anomaly[] = []
    const watch = watchAnomalies(source, {
      thresholds: { limitRefusalsMax: 0 },
      onAnomaly: anomaly => anomalies.push(anomaly),
    })
    watch.see({ at: 0, api: 'ocr', type: 'limit.exceeded', pauseMs: 1_000 })
    expect(anomalies).toMatchObject([{ key: 'unknown' }])
  })
})

/** An event of some process, about a key. */
function refused(grant: string, at = 0): TokenEvent {
  const failure = fail('invalid_client')
  return { at, provider: 'test', grant, type: 'renewal.failed', failure, attempts: 1, until: at }
}

describe('the watch of a fleet', () => {
  it('keeps keys apart', () => {
    const anomalies: Anomaly[] = []
    const watch = anomalyWatch({ onAnomaly: anomaly => anomalies.push(anomaly) })
    for (let i = 0; i < 3; i++) {
      watch.see(refused('key-a'))
      if (i < 2) watch.see(refused('key-b'))
    }
    expect(anomalies).toMatchObject([{ type: 'anomaly.credentials_failing', key: 'key-a' }])
  })

  it('sees a key turn up on a machine where it never was', () => {
    const anomalies: Anomaly[] = []
    const watch = anomalyWatch({ onAnomaly: anomaly => anomalies.push(anomaly) })
    for (const host of ['web-1', 'elsewhere']) watch.see(refused('key-a'), { host })
    expect(anomalies).toMatchObject([{ type: 'anomaly.host_unexpected', host: 'elsewhere' }])
  })

  it('forgets the key that was seen longest ago when there are too many', () => {
    const watch = anomalyWatch({ keysMax: 2 })
    for (let i = 0; i < 2; i++) watch.see(refused('key-a'))
    for (const other of ['key-b', 'key-c']) watch.see(refused(other))
    watch.see(refused('key-a'))
    expect(watch.counts()).toEqual({})
  })

  it('refuses thresholds that make no sense', () => {
    expect(() => anomalyWatch({ thresholds: { repeatAfterMs: -1 } })).toThrow(EvergrantError)
  })
})
