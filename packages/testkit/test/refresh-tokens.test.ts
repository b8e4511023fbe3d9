import { afterEach, describe, expect, it } from 'vitest'
import { type BaiduSandbox, type BaiduSandboxOptions, baiduSandbox } from '../src/index.ts'

let sandbox: BaiduSandbox
afterEach(() => sandbox.close())

interface Answer {
  readonly access: string
  readonly refresh: string
  readonly error: string | undefined
}

async function open(options: BaiduSandboxOptions = {}) {
  sandbox = await baiduSandbox(options)
  return sandbox.signIn()
}

async function refreshed(refreshToken: string): Promise<Answer> {
  const { apiKey: client_id, secretKey: client_secret } = sandbox.app
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id, client_secret }
  const response = await fetch(sandbox.tokenEndpoint, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token, refresh_token, error } = (await response.json()) as Record<string, string | undefined>
  return { access: access_token ?? '', refresh: refresh_token ?? '', error }
}

async function isAccepted({ access }: Answer): Promise<boolean> {
  const response = await fetch(`${sandbox.url}/oauth/2.0/tokeninfo?access_token=${access}`)
  return response.status === 200
}

const GRACE_MS = 30_000

describe('a refresh token within its grace period', () => {
  it('yields the same successor again, with another access token that works beside the first', async () => {
    const refreshToken = await open({ refreshGraceMs: GRACE_MS, reuseEndsFamily: true })
    const first = await refreshed(refreshToken)
    sandbox.advance(GRACE_MS - 1_000)
    const again = await refreshed(refreshToken)
    expect(again).toMatchObject({ refresh: first.refresh, error: undefined })
    expect(again.access).not.toBe(first.access)
    expect([await isAccepted(first), await isAccepted(again)]).toEqual([true, true])
    expect(sandbox.requests.map(({ outcome }) => outcome)).toEqual(['token', 'token_again', 'ok', 'ok'])
    expect(await refreshed(again.refresh)).toMatchObject({ error: undefined })
  })

  it('is over with it once its successor was used', async () => {
    const refreshToken = await open({ refreshGraceMs: GRACE_MS })
    const { refresh } = await refreshed(refreshToken)
    await refreshed(refresh)
    expect(await refreshed(refreshToken)).toMatchObject({ error: 'expired_token' })
  })

  it('is over with it when the period is', async () => {
    const refreshToken = await open({ refreshGraceMs: GRACE_MS })
    await refreshed(refreshToken)
    sandbox.advance(GRACE_MS)
    expect(await refreshed(refreshToken)).toMatchObject({ error: 'expired_token' })
  })

  it('is over with it when its grant was ended', async () => {
    const refreshToken = await open({ refreshGraceMs: GRACE_MS, reuseEndsFamily: true })
    const { refresh } = await refreshed(refreshToken)
    await refreshed(refresh)
    await refreshed(refreshToken)
    expect(await refreshed(refresh)).toMatchObject({ error: 'expired_token' })
  })
})

describe('a refresh token that is presented twice', () => {
  it('is refused, and that is all', async () => {
    const refreshToken = await open()
    const first = await refreshed(refreshToken)
    expect(await refreshed(refreshToken)).toMatchObject({ error: 'expired_token' })
    expect(await isAccepted(first)).toBe(true)
    expect(await refreshed(first.refresh)).toMatchObject({ error: undefined })
  })

  it('ends all tokens of its sign-in, and of no other, where the server is strict', async () => {
    const refreshToken = await open({ reuseEndsFamily: true })
    const other = await refreshed(sandbox.signIn())
    const first = await refreshed(refreshToken)
    const second = await refreshed(first.refresh)
    expect(await refreshed(refreshToken)).toMatchObject({ error: 'expired_token' })
    expect([await isAccepted(first), await isAccepted(second), await isAccepted(other)]).toEqual([
      false,
      false,
      true,
    ])
    expect(await refreshed(second.refresh)).toMatchObject({ error: 'expired_token' })
    expect(await refreshed(other.refresh)).toMatchObject({ error: undefined })
  })
})
