import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baidu } from '@evergrant/provider-baidu'
import { fetchTransport, type TokenSource, tokenSource } from '@evergrant/runtime'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AgentUse, type TokenAgent, tokenAgent } from '../src/index.ts'
import { type Asked, askAt, type Got } from './support/ask.ts'

const KEY = 'k'.repeat(43)
const VIEW_KEY = 'v'.repeat(22)

let sandbox: BaiduSandbox
let source: TokenSource
let folder: string
let uses: AgentUse[]
let agent: TokenAgent
let url: string

beforeEach(async () => {
  sandbox = await baiduSandbox()
  source = sourceOf(sandbox.app.secretKey)
  folder = await mkdtemp(join(tmpdir(), 'evergrant-agent-'))
  uses = []
  agent = tokenAgent({
    grants: { translation: { source, label: 'Baidu, translation' } },
    metrics: async () => 'evergrant_renewals_total 1\n',
    onUse: use => uses.push(use),
  })
  url = await agent.listenOnPort({ port: 0, key: KEY, viewKey: VIEW_KEY })
})
afterEach(async () => {
  await agent.close()
  await source.close()
  await sandbox.close()
  await rm(folder, { recursive: true })
})

function sourceOf(secret: string): TokenSource {
  return tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint }),
    client: { id: sandbox.app.apiKey, secret },
    transport: fetchTransport({ allowInsecureLoopback: true }),
  })
}

const ask = (asked: Asked, body?: string): Promise<Got> => askAt(url, asked, body)
const authorization = (key: string) => ({ authorization: `Bearer ${key}` })
const USER = { headers: authorization(KEY) }
const VIEWER = { headers: authorization(VIEW_KEY) }
const JSON_OF_USER = { ...USER.headers, 'content-type': 'application/json' }

describe('an agent hands out', () => {
  it('the token, as a token endpoint answers it, and to no cache', async () => {
    const { status, headers, json } = await ask({ path: '/v1/token', ...USER })
    const { accessToken, fingerprint } = await source.token()
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(json).toMatchObject({
      access_token: accessToken,
      token_type: 'Bearer',
      lifetime: 'finite',
      fingerprint,
    })
    expect(json.expires_in).toBeGreaterThan(2_591_000)
    expect(json.scope).toContain('public')
    expect(json.refresh_token).toBeUndefined()
  })

  it('one token to many, for one token request', async () => {
    const path = '/v1/grants/translation/token'
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask({ path, ...USER })))
    expect(new Set(answers.map(({ json }) => json.access_token)).size).toBe(1)
    expect(sandbox.requests.filter(({ path: asked }) => asked.endsWith('/token'))).toHaveLength(1)
  })

  it('another token once one was rejected', async () => {
    const first = await ask({ path: '/v1/token', ...USER })
    const told = await ask(
      { path: '/v1/grants/translation/rejections', method: 'POST', headers: JSON_OF_USER },
      JSON.stringify({ access_token: first.json.access_token }),
    )
    const second = await ask({ path: '/v1/token', ...USER })
    expect([told.status, told.text]).toEqual([204, ''])
    expect(second.json.access_token).not.toBe(first.json.access_token)
    expect(uses.map(({ what }) => what)).toEqual(['token.handed_out', 'token.rejected', 'token.handed_out'])
  })

  it('no token that lives too short', async () => {
    const long = await ask({ path: '/v1/token?min_valid_s=31536000', ...USER })
    expect([long.status, long.json.error, long.json.kind]).toEqual([500, 'lifetime_too_short', 'configure'])
    const odd = await ask({ path: '/v1/token?min_valid_s=-1', ...USER })
    expect([odd.status, odd.json.error]).toEqual([400, 'invalid_request'])
  })

  it('nothing when its use cannot be written down', async () => {
    const defects: unknown[] = []
    const full = new Error('disk full')
    const strict = tokenAgent({
      grants: { default: { source } },
      onUse: () => {
        throw full
      },
      onDefect: error => defects.push(error),
    })
    const socketPath = join(folder, 'strict.sock')
    await strict.listenOnSocket(socketPath)
    const { status, text } = await ask({ path: '/v1/token', socketPath })
    expect([status, defects]).toEqual([500, [full]])
    expect(text).not.toContain((await source.token()).accessToken)
    expect(text).not.toContain('disk full')
    await strict.close()
  })
})

describe('when there is no token, an agent says whose problem it is:', () => {
  it('the configuration', async () => {
    const wrong = sourceOf('a-wrong-secret')
    const other = tokenAgent({ grants: { default: { source: wrong } } })
    const socketPath = join(folder, 'other.sock')
    await other.listenOnSocket(socketPath)
    const { status, json } = await ask({ path: '/v1/token', socketPath })
    expect([status, json.error, json.kind]).toEqual([500, 'invalid_client', 'configure'])
    const health = await ask({ path: '/healthz', socketPath })
    expect(health.json).toEqual({ status: 'degraded', usable: 0, grants: 1 })
    await other.close()
    await wrong.close()
  })

  it('the server, and when to ask again', async () => {
    sandbox.fault('json_503', 100)
    const { status, headers, json } = await ask({ path: '/v1/token', ...USER })
    expect([status, json.kind]).toEqual([503, 'retry'])
    expect(Number(headers['retry-after'])).toBe(json.retry_after)
  })
})

describe('an agent keeps out', () => {
  it.each([
    ['whoever has no key', {}, 401, 'agent_key_missing'],
    ['a wrong key', authorization('x'.repeat(43)), 401, 'agent_key_wrong'],
    ['the key of viewers', authorization(VIEW_KEY), 401, 'agent_key_missing'],
    ['a name from elsewhere', { ...USER.headers, host: 'evil.example:80' }, 421, 'host_unknown'],
    ['a web page', { ...USER.headers, origin: 'https://evil.example' }, 403, 'browser_refused'],
    ['a page of no origin', { ...USER.headers, origin: 'null' }, 403, 'browser_refused'],
    ['a link from a page', { ...USER.headers, 'sec-fetch-site': 'cross-site' }, 403, 'browser_refused'],
    ['a proxy', { ...USER.headers, 'x-forwarded-for': '10.0.0.1' }, 403, 'proxy_refused'],
    ['what is forwarded', { ...USER.headers, forwarded: 'for=10.0.0.1' }, 403, 'proxy_refused'],
  ])('by what a request says of itself: %s', async (_whom, headers, status, error) => {
    const got = await ask({ path: '/v1/token', headers: headers as Record<string, string> })
    expect([got.status, got.json.error]).toEqual([status, error])
    expect(uses).toEqual([])
  })

  it('a rejection that a form of a web page could send', async () => {
    const { accessToken } = await source.token()
    const body = JSON.stringify({ access_token: accessToken })
    const path = '/v1/grants/translation/rejections'
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { ...USER.headers, 'content-type': type }
      expect((await ask({ path, method: 'POST', headers }, body)).status).toBe(400)
    }
    expect(await source.token()).toMatchObject({ accessToken })
  })

  it('what is too much: of a header, a body, time', async () => {
    const header = { ...USER.headers, 'x-long': 'x'.repeat(20_000) }
    expect((await ask({ path: '/v1/token', headers: header })).status).toBe(431)
    const long = JSON.stringify({ access_token: 'x'.repeat(70_000) })
    const path = '/v1/grants/translation/rejections'
    expect((await ask({ path, method: 'POST', headers: JSON_OF_USER }, long)).status).toBe(400)
    const { hostname, port } = new URL(url)
    const slow = connect({ host: hostname, port: Number(port) })
    slow.write('GET /v1/token HTTP/1.1\r\nhost:')
    let answer = ''
    for await (const chunk of slow) answer += chunk
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  }, 15_000)

  it('keys that are none, and the same one twice', async () => {
    for (const [key, viewKey] of [
      ['short', VIEW_KEY],
      [KEY, 'v'],
      [KEY, KEY],
      [`${KEY} `, VIEW_KEY],
    ] as const) {
      const listening = agent.listenOnPort({ port: 0, key, viewKey })
      await expect(listening).rejects.toMatchObject({ code: 'invalid_option' })
    }
  })
})

describe('an agent shows', () => {
  it('how its grants are, without a token in it', async () => {
    const { accessToken, fingerprint } = await source.token()
    await ask({ path: '/v1/token', ...USER })
    const { json, text } = await ask({ path: '/v1/grants', ...VIEWER })
    const shown = { name: 'translation', label: 'Baidu, translation', served: 1, refused: 0 }
    expect(json.grants).toMatchObject([{ ...shown, state: { decision: 'serve', token: { fingerprint } } }])
    const [{ events }] = json.grants as [{ events: unknown[] }]
    expect(events[0]).toMatchObject({ type: 'renewal.succeeded', provider: 'baidu' })
    const { secretKey, apiKey } = sandbox.app
    for (const secret of [accessToken, secretKey, apiKey]) expect(text).not.toContain(secret)
  })

  it('metrics to viewers, health to everybody, and nothing more to strangers', async () => {
    expect((await ask({ path: '/metrics', ...VIEWER })).text).toBe('evergrant_renewals_total 1\n')
    expect((await ask({ path: '/healthz' })).status).toBe(503)
    await source.token()
    expect((await ask({ path: '/healthz' })).json).toEqual({ status: 'ok', usable: 1, grants: 1 })
    for (const path of ['/metrics', '/v1/grants', '/board']) expect((await ask({ path })).status).toBe(401)
  })

  it('a board in the language of the reader', async () => {
    await source.token()
    const board = (language: string) =>
      ask({ path: '/board', headers: { ...VIEWER.headers, 'accept-language': language } })
    expect((await board('de, en')).text).toContain('>fresh<')
    const { text } = await board('zh-CN,zh;q=0.9')
    expect(text).toContain('>有效<')
    expect(text).toMatch(/<p class="left">29 天 23 小时<\/p>/)
  })

  it('text as text, wherever it comes from', async () => {
    const { accessToken } = await source.token()
    const odd = tokenAgent({ grants: { default: { source, label: '<img src=x onerror=alert(1)>' } } })
    const socketPath = join(folder, 'odd.sock')
    await odd.listenOnSocket(socketPath)
    const { text } = await ask({ path: '/board', socketPath })
    expect(text).toContain('&#60;img src=x')
    expect(text).not.toContain('<img')
    expect(text).not.toContain(accessToken)
    await odd.close()
  })

  it('a page that may load nothing from elsewhere', async () => {
    const { status, headers } = await ask({ path: '/' })
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'/,
    )
  })

  it('what there is, to whoever asks for something else', async () => {
    expect((await ask({ path: '/v2/token', ...USER })).status).toBe(404)
    const other = await ask({ path: '/v1/grants/other/token', ...USER })
    expect([other.status, other.json.error_description]).toEqual([
      404,
      expect.stringContaining('translation'),
    ])
    const { status, headers } = await ask({ path: '/v1/token', method: 'POST', ...USER })
    expect([status, headers.allow]).toEqual([405, 'GET'])
  })
})

describe('a socket of an agent', () => {
  it('is for its owner alone, and needs no key', async () => {
    const socketPath = join(folder, 'deep', 'agent.sock')
    await agent.listenOnSocket(socketPath)
    expect((await ask({ path: '/v1/token', socketPath })).status).toBe(200)
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'deep'))).mode & 0o777).toBe(0o700)
    expect(uses).toMatchObject([{ door: 'socket' }])
  })

  it('is refused where nobody can make a folder, and at once', async () => {
    // In /proc a folder that cannot be made is said to be missing.
    const listening = agent.listenOnSocket('/proc/evergrant/x/agent.sock')
    await expect(listening).rejects.toThrow(/proc.* cannot be used \(ENOENT\); name another place/)
  })

  it('does not stand where others may enter, nor in the place of a file or of another agent', async () => {
    await expect(agent.listenOnSocket(join(tmpdir(), 'evergrant-agent.sock'))).rejects.toThrow(
      /of your own below it: .*evergrant-\d+.agent\.sock/,
    )
    await writeFile(join(folder, 'file'), 'precious')
    await expect(agent.listenOnSocket(join(folder, 'file'))).rejects.toThrow(/no socket/)
    const socketPath = join(folder, 'agent.sock')
    await agent.listenOnSocket(socketPath)
    const other = tokenAgent({ grants: { default: { source } } })
    await expect(other.listenOnSocket(socketPath)).rejects.toMatchObject({
      message: expect.stringMatching(/listens at .* already/),
      advice: { en: expect.stringContaining('--socket'), zh: expect.stringContaining('--socket') },
    })
    await other.close()
    await expect(agent.listenOnSocket(join(folder, 'x'.repeat(120)))).rejects.toThrow(/at most 103 bytes/)
  })
})

describe('the grants of an agent', () => {
  it('have names that can stand in a path', () => {
    for (const name of ['', 'a/b', 'é', '.', '..', 'x'.repeat(65)]) {
      expect(() => tokenAgent({ grants: { [name]: { source } } })).toThrow(/name/)
    }
    expect(() => tokenAgent({ grants: {} })).toThrow(/nothing to hand out/)
  })

  it('are asked for by name when there are several', async () => {
    const several = tokenAgent({ grants: { a: { source }, b: { source } } })
    const socketPath = join(folder, 'several.sock')
    await several.listenOnSocket(socketPath)
    expect((await ask({ path: '/v1/token', socketPath })).json.error_description).toContain('a, b')
    expect((await ask({ path: '/v1/grants/b/token', socketPath })).status).toBe(200)
    await several.close()
  })
})
