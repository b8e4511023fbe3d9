import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EVENT_GUIDE } from '@evergrant/core/guides'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchAnomalies } from '../../src/anomalies.ts'
import { authorizedFetch, bearerApi, callGuard } from '../../src/calls.ts'
import { DIAGNOSTIC_CHANNELS, publishDiagnostics, publishEvent } from '../../src/node/index.ts'
import { rig } from '../support/rig.ts'

let heard: { channel: string | symbol; message: unknown }[]
const hear = (message: unknown, channel: string | symbol) => {
  heard.push({ channel, message })
}

beforeEach(() => {
  heard = []
  for (const channel of DIAGNOSTIC_CHANNELS) subscribe(channel, hear)
})
afterEach(() => {
  for (const channel of DIAGNOSTIC_CHANNELS) unsubscribe(channel, hear)
})

describe('diagnostics channels', () => {
  it('are one for every event that there is', () => {
    expect(DIAGNOSTIC_CHANNELS).toContain('evergrant:renewal.succeeded')
    expect(DIAGNOSTIC_CHANNELS).toHaveLength(Object.keys(EVENT_GUIDE).length)
  })

  it('carry every event of a source under its own name, until it is ended', async () => {
    const { source } = rig()
    const end = publishDiagnostics(source)
    await source.token()
    end()
    source.reject(await source.token())
    await source.token()
    expect(heard.map(({ channel }) => channel)).toEqual([
      'evergrant:renewal.started',
      'evergrant:renewal.succeeded',
    ])
    expect(heard[1]?.message).toMatchObject({ type: 'renewal.succeeded', generation: 1, provider: 'test' })
  })

  it('carry calls, guards and anomalies, and never a token, a secret or a query', async () => {
    const { source, clock } = rig()
    publishDiagnostics(source)
    watchAnomalies(source, { onAnomaly: publishEvent })
    const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
      clock,
      guard: callGuard({ clock, circuit: { failuresMax: 1 }, onEvent: publishEvent }),
      onEvent: publishEvent,
      limits: { attemptsMax: 1 },
      fetch: async () => new Response('', { status: 503 }),
    })
    await call('https://api.example/a?q=s3cret-query', { method: 'POST', body: 's3cret-body' })
    source.reject(await source.token())
    expect(heard.map(({ channel }) => channel)).toEqual([
      'evergrant:renewal.started',
      'evergrant:renewal.succeeded',
      'evergrant:circuit.opened',
      'evergrant:call.ended',
      'evergrant:token.rejected',
      'evergrant:anomaly.fresh_token_rejected',
    ])
    expect(JSON.stringify(heard)).not.toMatch(/token-1|the-id|s3cret/)
  })
})
