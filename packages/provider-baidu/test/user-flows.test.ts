import { fetchTransport, type TokenSource, type Transport, tokenSource } from '@evergrant/runtime'
import { authorizationFlow, deviceSignIn, type GrantedTokens, revokeToken } from '@evergrant/runtime/flows'
import { type BaiduSandbox, type BaiduSandboxOptions, baiduSandbox, virtualClock } from '@evergrant/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { baiduUser } from '../src/index.ts'
import { hurriedClock } from './support/hurried-clock.ts'

const REDIRECT = 'https://app.example/callback'
const MINUTE = 60_000

const opened: (TokenSource | BaiduSandbox)[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function open(options: BaiduSandboxOptions = {}) {
  const clock = virtualClock()
  const sandbox = await baiduSandbox({ ...options, now: clock.now })
  opened.push(sandbox)
  const about = {
    provider: baiduUser({ origin: sandbox.url }),
    client: { id: sandbox.app.apiKey, secret: sandbox.app.secretKey },
    transport: fetchTransport({ allowInsecureLoopback: true }),
    clock: hurriedClock(clock),
  }
  const flow = authorizationFlow({ ...about, redirectUri: REDIRECT })
  return { sandbox, about, flow }
}

type Setting = Awaited<ReturnType<typeof open>>

/** What the user's browser is sent back to. */
async function answerOf(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' })
  return response.headers.get('location') ?? ''
}

async function signedIn({ flow }: Setting): Promise<GrantedTokens> {
  const { url } = await flow.begin({ scopes: ['basic', 'netdisk'] })
  return flow.complete(await answerOf(url))
}

/** Keeps a grant, on a clock of its own: pauses are real, and short. */
function sourceOf({ about }: Setting, { refreshToken = '' }: GrantedTokens): TokenSource {
  const { clock: _, ...rest } = about
  const source = tokenSource({
    ...rest,
    grant: { type: 'refresh_token', refreshToken },
    policy: { backoffMinMs: 1, backoffMaxMs: 5, freshForMs: 0 },
  })
  opened.push(source)
  return source
}

/** What an endpoint of the sandbox says about a token. */
async function told({ sandbox }: Setting, path: string, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${sandbox.url}${path}?access_token=${token}`)
  return (await response.json()) as Record<string, unknown>
}

const AUTH = '/rest/2.0/passport/auth'
const USER = '/rest/2.0/passport/users/getInfo'
const INFO = '/oauth/2.0/tokeninfo'

describe('a user who signs in by code', () => {
  it('gives tokens for what they have consented to, which know whose they are', async () => {
    const setting = await open()
    const tokens = await signedIn(setting)
    expect(tokens).toMatchObject({
      accessToken: expect.stringMatching(/^21\./),
      refreshToken: expect.stringMatching(/^22\./),
      scope: ['basic', 'netdisk'],
    })
    const info = await told(setting, INFO, tokens.accessToken)
    expect(info).toMatchObject({ client_id: setting.sandbox.app.apiKey, scope: 'basic netdisk' })
    expect(info.userid).toBe((await told(setting, USER, tokens.accessToken)).userid)
  })

  it('is redeemed once, and by nobody who has seen the answer', async () => {
    const setting = await open()
    const { url, state } = await setting.flow.begin()
    const answer = await answerOf(url)
    await setting.flow.complete(answer)
    await expect(setting.flow.complete(answer)).rejects.toMatchObject({ code: 'flow_unknown' })
    const again = await setting.flow.begin()
    const code = new URL(answer).searchParams.get('code') ?? ''
    expect(again.state).not.toBe(state)
    await expect(setting.flow.redeem(again.state, code)).rejects.toMatchObject({
      kind: 'reauthorize',
      code: 'invalid_grant',
    })
  })

  it('has ten minutes', async () => {
    const setting = await open()
    const { url } = await setting.flow.begin({ lifetimeMs: 60 * MINUTE })
    const answer = await answerOf(url)
    setting.sandbox.advance(10 * MINUTE)
    await expect(setting.flow.complete(answer)).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  it('may say no', async () => {
    const setting = await open()
    setting.sandbox.set({ consents: false })
    await expect(signedIn(setting)).rejects.toMatchObject({ kind: 'declined', code: 'access_denied' })
  })

  it('is shown the code, where there is nothing to come back to', async () => {
    const { about } = await open()
    const flow = authorizationFlow({ ...about, redirectUri: 'oob' })
    const { url, state } = await flow.begin()
    const page = await (await fetch(url)).text()
    const code = /<title>(.+)<\/title>/.exec(page)?.[1] ?? ''
    expect(await flow.redeem(state, code)).toMatchObject({ accessToken: expect.stringMatching(/^21\./) })
  })
})

describe('a user who signs in on a device', () => {
  it('enters its code elsewhere, and it asks no more often than it may', async () => {
    const { sandbox, about } = await open()
    let code = ''
    /** The user enters the code once the device was told that it has to wait for that. */
    const transport: Transport = {
      async send(request, limits) {
        const response = await about.transport.send(request, limits)
        if (sandbox.requests.at(-1)?.outcome === 'authorization_pending') sandbox.decide(code, true)
        return response
      },
    }
    const tokens = await deviceSignIn({
      ...about,
      transport,
      scopes: ['netdisk'],
      onPrompt: ({ userCode, verificationUri }) => {
        expect(verificationUri).toBe('https://openapi.baidu.com/device')
        code = userCode
      },
    })
    expect(tokens).toMatchObject({ accessToken: expect.stringMatching(/^26\./), scope: ['netdisk'] })
    const outcomes = new Set(sandbox.requests.map(({ outcome }) => outcome))
    expect(outcomes).toEqual(new Set(['device', 'authorization_pending', 'token']))
  })

  it('may say no', async () => {
    const { sandbox, about } = await open()
    const denied = deviceSignIn({ ...about, onPrompt: ({ userCode }) => sandbox.decide(userCode, false) })
    await expect(denied).rejects.toMatchObject({ kind: 'declined', code: 'access_denied' })
  })

  it('may forget about it', async () => {
    const { about } = await open()
    const forgotten = deviceSignIn({ ...about, onPrompt: () => undefined })
    await expect(forgotten).rejects.toMatchObject({ kind: 'reauthorize', code: 'flow_expired' })
  })
})

describe('the grant of a user', () => {
  it('is renewed by refresh tokens that work once each', async () => {
    const setting = await open()
    const source = sourceOf(setting, await signedIn(setting))
    const seen = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const token = await source.token()
      seen.add(token.accessToken)
      source.reject(token)
    }
    expect(seen.size).toBe(5)
    expect(setting.sandbox.requests.filter(({ outcome }) => outcome === 'expired_token')).toEqual([])
  })

  it('outlives its session, and is renewed when the platform has ended that', async () => {
    const setting = await open()
    const source = sourceOf(setting, await signedIn(setting))
    const token = await source.token()
    expect(await told(setting, `${AUTH}/expireSession`, token.accessToken)).toEqual({ result: 1 })
    expect(await told(setting, USER, token.accessToken)).toMatchObject({ error_code: '110' })
    source.reject(token)
    const { accessToken } = await source.token()
    expect(await told(setting, USER, accessToken)).toHaveProperty('userid')
  })

  it('is revoked by its access token, with all its tokens, and without a secret', async () => {
    const setting = await open()
    const { about, sandbox } = setting
    const tokens = await signedIn(setting)
    await revokeToken({ ...about, client: { id: sandbox.app.apiKey } }, tokens.accessToken, 'access_token')
    expect(await told(setting, INFO, tokens.accessToken)).toMatchObject({ error: 'invalid_grant' })
    await expect(sourceOf(setting, tokens).token()).rejects.toMatchObject({ kind: 'reauthorize' })
    // Twice does no harm.
    await revokeToken(about, tokens.accessToken, 'access_token')
    await expect(revokeToken(about, tokens.refreshToken ?? '', 'refresh_token')).rejects.toMatchObject({
      code: 'endpoint_missing',
    })
  })

  it('at Netdisk ends with a refresh that has failed, which is found out by one request more', async () => {
    const setting = await open({ failedRefreshVoids: true })
    const source = sourceOf(setting, await signedIn(setting))
    const before = setting.sandbox.counts.tokenRequests
    setting.sandbox.fault('json_503')
    await expect(source.token()).rejects.toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
    await source.token().catch(() => undefined)
    expect(setting.sandbox.counts.tokenRequests - before).toBe(2)
  })

  it('at Netdisk is not asked for again when an answer was lost', async () => {
    const setting = await open({ failedRefreshVoids: true })
    const source = sourceOf(setting, await signedIn(setting))
    const before = setting.sandbox.counts.tokenRequests
    setting.sandbox.fault('lost_answer')
    await expect(source.token()).rejects.toMatchObject({ kind: 'reauthorize', code: 'response_lost' })
    expect(setting.sandbox.counts.tokenRequests - before).toBe(1)
  })
})

describe('a revocation', () => {
  it.each([
    [{ result: 1 }, true],
    [{ result: '1' }, true],
    [{ error_code: 111 }, true],
    [{ result: 0 }, false],
    [{ error_code: '6' }, false],
    [{ result: { toString: null }, error_code: { toString: null } }, false],
  ])('that is answered with %j is done: %j', (answer, done) => {
    expect(baiduUser().revocationDialect?.isDone(new Map(Object.entries(answer)))).toBe(done)
  })
})
