import { readFile } from 'node:fs/promises'
import { fail } from '@evergrant/core'
import { watchAnomalies } from '@evergrant/runtime/anomalies'
import { authorizedFetch, bearerApi, callGuard } from '@evergrant/runtime/calls'
import { jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { METRICS } from '../src/index.ts'
import { type Bench, bench } from './support/bench.ts'

/** Lets everything happen that can be recorded, with a secret wherever one may stand. */
async function everythingHappens(subject: Bench): Promise<void> {
  const { source, clock, transport, telemetry } = subject
  watchAnomalies(source, { host: 'SECRET-host', thresholds: { hosts: [] }, onAnomaly: telemetry.record })
  const guard = callGuard({ clock, circuit: { failuresMax: 1 }, onEvent: telemetry.record })
  telemetry.observeGuard(guard)
  const answers = [401, 503, 429]
  const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
    clock,
    guard,
    onEvent: telemetry.record,
    limits: { attemptsMax: 1 },
    fetch: async () =>
      new Response('SECRET-answer', {
        status: answers.shift() ?? 200,
        headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="SECRET-token-1"' },
      }),
  })
  const init = { method: 'POST', headers: { cookie: 'SECRET-cookie' }, body: 'SECRET-body' }
  for (let i = 0; i < 3; i++) {
    await call('https://api.example/a?q=SECRET-query', init).catch(() => undefined)
    await clock.advance(60_000)
  }
  source.reject(await source.token())
  const echo = { error: 'SECRET-client-secret', error_description: 'SECRET-client-secret was wrong' }
  transport.expect(jsonResponse(echo, 400))
  const refused = source.token().catch(() => undefined)
  await clock.advance(300_000)
  await refused
  source.reject(await source.token())
  transport.expect(new Error('SECRET-client-secret'))
  const lost = source.token().catch(() => undefined)
  await clock.advance(60_000)
  await lost
  telemetry.record({ at: clock.now(), provider: 'test', grant: 'g', type: 'store.failed', attempts: 1 })
  const waited = { at: clock.now(), api: 'ocr', type: 'limit.waited', waitedMs: 5 } as const
  telemetry.record(waited)
  telemetry.record({ ...waited, type: 'limit.refused', retryAfterMs: 5 })
  telemetry.record({ at: clock.now(), type: 'limiter.unreachable', instead: 'open' })
  telemetry.record({
    at: clock.now(),
    server: 'api',
    method: 'GET',
    hostname: 'api.example',
    pathname: '/SECRET-path',
    type: 'call.ended',
    status: undefined,
    failure: { ...fail('rate_limited'), code: 'SECRET-code', description: 'SECRET', message: 'SECRET' },
    attempts: 1,
    tookMs: 1,
  })
  await source.receive({
    accessToken: 'SECRET-received',
    refreshToken: 'SECRET-refresh',
    expiresAt: clock.now() + 60_000,
  })
  telemetry.record({
    at: 0,
    provider: 'test',
    grant: 'g2',
    type: 'renewal.started',
    fence: 1,
    reason: 'due',
    guarded: true,
  })
}

describe('what is exported', () => {
  it('holds no secret, no token, no client id, no query and no path, wherever they stood', async () => {
    const subject = bench()
    await everythingHappens(subject)
    const names = Object.keys(await subject.descriptors())
    expect(names.sort()).toEqual(Object.keys(METRICS).sort())
    const text = await subject.everything()
    subject.telemetry.end()
    expect(text).toContain('evergrant.renewal.duration')
    expect(text).not.toContain('SECRET')
    expect(await subject.everything()).not.toContain('SECRET')
    expect(subject.spans().length).toBeGreaterThan(5)
  })

  it('has the names and units that the README lists', async () => {
    const subject = bench()
    await everythingHappens(subject)
    const readme = (await readFile(new URL('../README.md', import.meta.url), 'utf8')).replaceAll(/ +/g, ' ')
    for (const [name, { unit, description }] of Object.entries(await subject.descriptors())) {
      const { kind } = METRICS[name as keyof typeof METRICS]
      const row = readme.split('\n').find(line => line.startsWith(`| \`${name}\``))
      expect([name, row]).toEqual([name, expect.stringContaining(`| ${kind} `)])
      expect(row).toContain(`| \`${unit}\` `)
      expect(row).toContain(description)
    }
  })

  it('has no attribute that the README does not name', async () => {
    const subject = bench()
    await everythingHappens(subject)
    subject.telemetry.end()
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const used = new Set<string>()
    for (const name of Object.keys(METRICS)) {
      for (const { attributes } of await subject.read(name))
        for (const key of Object.keys(attributes)) used.add(key)
    }
    for (const { attributes } of subject.spans()) for (const key of Object.keys(attributes)) used.add(key)
    expect(used.size).toBeGreaterThan(15)
    expect([...used].filter(key => !readme.includes(`\`${key}\``))).toEqual([])
  })
})
