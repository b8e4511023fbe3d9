import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Provider, tolerantProfile } from '@evergrant/core'
import { localStore, tokenSource } from '@evergrant/runtime'
import { watchAnomalies } from '@evergrant/runtime/anomalies'
import { authorizedFetch, bearerApi } from '@evergrant/runtime/calls'
import { jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { type AuditLogOptions, type AuditRecord, auditLog, auditReport, verifyAudit } from '../src/index.ts'
import { linesOf, logFolder, partsOf } from './support/log-folder.ts'

const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token?tenant=SECRET-tenant',
  clientSecretMethod: 'client_secret_query',
  profile: tolerantProfile,
  policy: {},
}

/** A source with a log: it wins a token, calls, is rejected, is refused, and forgets the grant. */
async function everythingHappens(directory: string, options: Partial<AuditLogOptions> = {}): Promise<number> {
  const clock = virtualClock()
  let tokens = 0
  const transport = scriptedTransport(() =>
    jsonResponse({ access_token: `SECRET-token-${++tokens}`, expires_in: 3_600 }),
  )
  const source = tokenSource({
    provider: PROVIDER,
    client: { id: 'SECRET-client-id', secret: 'SECRET-client-secret' },
    clock,
    transport,
    store: localStore({ clock }),
  })
  const log = await auditLog({ directory, now: clock.now, host: 'web-1', ...options })
  source.on(log.hear)
  watchAnomalies(source, { host: 'web-1', thresholds: { hosts: ['web-2'] }, onAnomaly: log.hear })
  const statuses = [200, 401, 503]
  const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
    clock,
    onEvent: log.hear,
    limits: { attemptsMax: 1 },
    fetch: async () => new Response('SECRET-answer', { status: statuses.shift() ?? 200 }),
  })
  for (let i = 0; i < 3; i++)
    await call('https://api.example/a?q=SECRET-query', { body: 'SECRET', method: 'POST' })
  await clock.advance(60_000)
  source.reject(await source.token())
  transport.expect(jsonResponse({ error: 'invalid_client', error_description: 'SECRET-client-secret' }, 401))
  await source.token().catch(() => undefined)
  await source.drop()
  await source.close()
  log.close()
  return clock.now()
}

describe('the log of a source', () => {
  it('holds every use of the client secret and everything that happened to tokens', async () => {
    const directory = await logFolder()
    await everythingHappens(directory)
    const records = (await linesOf(directory)).map(line => JSON.parse(line) as AuditRecord)
    const acts = records.map(({ what, outcome }) => `${what} ${outcome}`)
    expect(acts).toEqual(
      expect.arrayContaining([
        'renewal.started begun',
        'renewal.succeeded done',
        'token.rejected refused',
        'renewal.failed failed',
        'grant.dropped done',
        'call.ended failed',
        'anomaly.host_unexpected done',
      ]),
    )
    expect(acts.filter(act => act === 'call.ended done')).toEqual([])
    expect(records.find(({ what }) => what === 'renewal.failed')).toMatchObject({
      provider: 'test',
      grant: expect.stringMatching(/^[\w-]{8,}$/),
      detail: { code: 'invalid_client', kind: 'configure', attempts: 1 },
    })
    expect((await verifyAudit(directory)).sound).toBe(true)
  })

  it('holds the calls that it is told to hold', async () => {
    const calls = async (which: 'all' | 'none') => {
      const directory = await logFolder()
      await everythingHappens(directory, { calls: which })
      return (await linesOf(directory)).filter(line => line.includes('"call.ended"')).length
    }
    expect([await calls('all'), await calls('none')]).toEqual([3, 0])
  })

  it('holds no secret, no token, no client id, no query and nothing that a server said', async () => {
    const directory = await logFolder()
    await everythingHappens(directory, { calls: 'all' })
    const text = await readFile(join(directory, (await partsOf(directory))[0] ?? ''), 'utf8')
    expect(text).toContain('renewal.failed')
    expect(text).not.toMatch(/SECRET/i)
    expect(text).not.toContain(Buffer.from('SECRET').toString('base64').slice(0, 7))
  })
})

describe('a report', () => {
  it('sums up, by key, when and where it was used, what failed, and whether it is used at all', async () => {
    const directory = await logFolder()
    const now = await everythingHappens(directory)
    await everythingHappens(directory, { host: 'web-2' })
    const report = auditReport()
    await verifyAudit(directory, { onRecord: report.add })
    const [key, ...others] = report.keys(now)
    expect(others).toEqual([])
    expect(key).toMatchObject({
      provider: 'test',
      hosts: ['web-1', 'web-2'],
      failures: 2,
      codes: { invalid_client: 2 },
      unused: false,
    })
    expect(key?.requests).toBe((key?.acts['renewal.succeeded'] ?? 0) + (key?.failures ?? 0))
    expect(key?.firstUseAt).toBeLessThan(key?.lastUseAt ?? 0)
    expect(report.keys(now + 31 * 86_400_000)[0]?.unused).toBe(true)
    expect(report.keys(now + 31 * 86_400_000, 90 * 86_400_000)[0]?.unused).toBe(false)
  })
})
