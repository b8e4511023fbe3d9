import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EvergrantError, type Explanation, fail, fingerprintOf } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AgentOptions, type AgentUse, type TokenAgent, tokenAgent } from '../src/index.ts'
import { type Asked, askAt, type Got } from './support/ask.ts'
import { FAKE_TOKEN, fakeSource } from './support/fake-source.ts'

const HOSTILE = `<script>alert("1")</script>'&`
const EXPLANATION: Explanation = {
  at: 0,
  phase: 'held',
  decision: 'fail_fast',
  token: {
    fingerprint: HOSTILE,
    generation: 1,
    sentAt: 0,
    dueAt: 1,
    lapsesAt: 2,
    expiresAt: Number.POSITIVE_INFINITY,
    lifetime: 'never',
    scope: [HOSTILE],
    rejected: false,
    saved: true,
    refreshable: false,
  },
  failure: fail('invalid_client', { message: HOSTILE }),
  circuit: 'open',
  attempts: 1,
  storeReachable: false,
  waiters: 0,
}

let socketPath: string
let folder: string
let agents: TokenAgent[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-agent-'))
  socketPath = join(folder, 'agent.sock')
  agents = []
})
afterEach(async () => {
  await Promise.all(agents.map(agent => agent.close()))
  await rm(folder, { recursive: true })
})

async function listening(options: AgentOptions): Promise<void> {
  const agent = tokenAgent(options)
  agents.push(agent)
  await agent.listenOnSocket(socketPath)
}

const ask = (asked: Asked, body?: string): Promise<Got> =>
  askAt('http://agent', { socketPath, ...asked }, body)
const REJECTION = {
  path: '/v1/grants/default/rejections',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
}

describe('what is done with tokens', () => {
  it('is told with whose they are, before it is done', async () => {
    const uses: AgentUse[] = []
    const source = fakeSource()
    const told: number[] = []
    const onUse = (use: AgentUse) => {
      uses.push(use)
      told.push(source.rejected.length)
    }
    await listening({ grants: { default: { source } }, onUse })
    source.emit({ type: 'grant.dropped', at: 1, provider: 'p', grant: 'g' })
    await ask({ path: '/v1/token' })
    await ask(REJECTION, '{"access_token":"old"}')
    const about = { name: 'default', door: 'socket', origin: { provider: 'p', grant: 'g' } }
    expect(uses).toEqual([
      { ...about, what: 'token.handed_out', fingerprint: 'f00d', code: undefined },
      { ...about, what: 'token.rejected', fingerprint: fingerprintOf('old'), code: undefined },
    ])
    expect([told, source.rejected]).toEqual([[0, 0], ['old']])
  })

  it('is not done where that is refused, at once or later, by Evergrant or by anybody', async () => {
    const unwritable = new EvergrantError(fail('audit_unwritable'))
    const source = fakeSource()
    for (const [onUse, code] of [
      [() => Promise.reject(unwritable), 'audit_unwritable'],
      [() => Promise.reject(new Error('full')), 'agent_failed'],
    ] as const) {
      await listening({ grants: { default: { source } }, onUse })
      const { status, json, text } = await ask({ path: '/v1/token' })
      expect([status, json.error]).toEqual([500, code])
      expect(text).not.toContain('fake-token')
      await ask(REJECTION, '{"access_token":"old"}')
      expect((await ask({ path: '/v1/grants' })).text).toMatch(/"served":0,"refused":1/)
      await agents.pop()?.close()
    }
    expect(source.rejected).toEqual([])
  })

  it('is told of a token that could not be had, with the code of why', async () => {
    const uses: AgentUse[] = []
    const source = fakeSource(() => Promise.reject(new EvergrantError(fail('response_not_json'))))
    await listening({ grants: { default: { source } }, onUse: use => uses.push(use) })
    const { status, json } = await ask({ path: '/v1/token' })
    expect([status, json.kind]).toEqual([502, 'distrust'])
    expect(uses).toMatchObject([{ what: 'token.refused', code: 'response_not_json' }])
  })

  it('does not end the agent, whatever sources and listeners throw', async () => {
    const odd = fakeSource(() => Promise.reject(new TypeError('odd')))
    const broken = fakeSource(async () => ({ ...FAKE_TOKEN, expiresAt: Number.NaN }))
    await listening({
      grants: { odd: { source: odd }, broken: { source: broken } },
      onDefect: async () => {
        throw new Error('and so do I')
      },
    })
    for (const name of ['odd', 'broken', 'odd']) {
      const { status, json } = await ask({ path: `/v1/grants/${name}/token` })
      expect([status, json.error]).toEqual([500, 'agent_failed'])
    }
  })

  it('ends for a caller who has left, which is no defect', async () => {
    const defects: unknown[] = []
    let tellLeft: (() => void) | undefined
    const left = new Promise<void>(resolve => {
      tellLeft = resolve
    })
    const source = fakeSource(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            reject(new Error('left'))
            tellLeft?.()
          })
        }),
    )
    await listening({ grants: { default: { source } }, onDefect: error => defects.push(error) })
    const asked = request({ socketPath, path: '/v1/token', agent: false })
    asked.on('error', () => undefined)
    asked.on('finish', () => setImmediate(() => asked.destroy()))
    asked.end()
    await left
    await ask({ path: '/healthz' })
    expect(defects).toEqual([])
  })

  it('is of the grant called default where there are several, and nobody without a key hears of the others', async () => {
    const other = fakeSource(async () => ({ ...FAKE_TOKEN, accessToken: 'other' }))
    await listening({ grants: { another: { source: other }, default: { source: fakeSource() } } })
    expect((await ask({ path: '/v1/token' })).json.access_token).toBe('fake-token')
    const agent = tokenAgent({ grants: { acme: { source: other }, bmce: { source: other } } })
    agents.push(agent)
    const url = await agent.listenOnPort({ port: 0, key: 'k'.repeat(40), viewKey: 'v'.repeat(40) })
    for (const path of ['/v1/token', '/v1/grants/x/token', '/v1/grants', '/healthz', '/nothing']) {
      expect((await askAt(url, { path })).text).not.toMatch(/acme|bmce/)
    }
  })
})

describe('the page of an agent', () => {
  it('has a policy by which its own script and style are let in', async () => {
    await listening({ grants: { default: { source: fakeSource() } } })
    const { text, headers } = await ask({ path: '/' })
    const policy = headers['content-security-policy']
    for (const tag of ['script', 'style']) {
      const [, inside = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(text) ?? []
      expect(inside.length).toBeGreaterThan(100)
      expect(policy).toContain(`${tag}-src 'sha256-${createHash('sha256').update(inside).digest('base64')}'`)
    }
  })

  it('shows what others have written as text: labels, scopes, fingerprints, failures, events', async () => {
    const source = fakeSource(undefined, EXPLANATION)
    await listening({ grants: { default: { source, label: HOSTILE } } })
    const failure = fail('invalid_client', { message: HOSTILE })
    source.emit({
      type: 'renewal.failed',
      at: 1,
      provider: HOSTILE,
      grant: 'g',
      failure: { ...failure, code: HOSTILE },
      attempts: 1,
      until: 2,
    })
    const { text } = await ask({ path: '/board' })
    expect(text.match(/&#60;script&#62;alert\(&#34;1&#34;\)&#60;\/script&#62;&#39;&#38;/g)).toHaveLength(5)
    expect(text).not.toMatch(/<script|alert\("1"\)/)
  })
})
