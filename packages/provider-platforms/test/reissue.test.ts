import { authorizedFetch } from '@evergrant/runtime/calls'
import { describe, expect, it } from 'vitest'
import { dingtalk, feishu, wechat, wechatApi, wecom } from '../src/index.ts'
import { type PlatformFleet, platformFleet } from './support/platform-fleet.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const PROCESSES = 4
/** Meets the last minute of every token at another place. */
const STRIDE_MS = 53_000

const classicAt = (origin: string) => wechat({ origin, tokens: 'classic' })

/** A preset, how many requests and tokens five hours of it take, and how many of the requests bring nothing usable. */
const PRESETS = [
  ['WeChat, stable', 'wechat', (origin: string) => wechat({ origin }), 3, 3, 0],
  ['WeChat, classic', 'wechat', classicAt, 3, 3, 0],
  // While a token lives there is no other one; its last minute is asked about twice, and its last two seconds once.
  ['WeCom', 'wecom', (origin: string) => wecom({ origin }), 9, 3, 2],
  ['Feishu', 'feishu', (origin: string) => feishu({ origin }), 4, 4, 0],
  ['DingTalk', 'dingtalk', (origin: string) => dingtalk({ origin }), 3, 1, 0],
  ['DingTalk, classic', 'dingtalk', (origin: string) => dingtalk({ origin, endpoint: 'classic' }), 3, 1, 0],
] as const

/** A call with a token, where each platform wants it. */
const CALLS = {
  wechat: (url: string, token: string) => fetch(`${url}/cgi-bin/get_api_domain_ip?access_token=${token}`),
  wecom: (url: string, token: string) => fetch(`${url}/cgi-bin/get_api_domain_ip?access_token=${token}`),
  feishu: (url: string, token: string) =>
    fetch(`${url}/open-apis/bot/v3/info`, { headers: { authorization: `Bearer ${token}` } }),
  dingtalk: (url: string, token: string) =>
    fetch(`${url}/v1.0/contact/users/me`, { headers: { 'x-acs-dingtalk-access-token': token } }),
} as const

/** The code that a platform answers a call of this process with; `undefined` when it accepts its token. */
async function codeOf(fleet: PlatformFleet, name: keyof typeof CALLS, process: number): Promise<unknown> {
  const { accessToken } = (await fleet.sources[process]?.token()) ?? { accessToken: '' }
  const answer = await CALLS[name](fleet.sandbox.url, accessToken)
  const { errcode, code } = (await answer.json()) as Record<string, unknown>
  return (errcode ?? code) || undefined
}

describe('a fleet that is kept warm for five hours', () => {
  it.each(PRESETS)(
    'holds no token that %s refuses, and asks for each once',
    async (_, name, preset, requests, issued, failures) => {
      await using fleet = await platformFleet(name, preset, { processes: PROCESSES })
      const refused: unknown[] = []
      for (let passed = 0; passed < 5 * HOUR; passed += STRIDE_MS) {
        for (let process = 0; process < PROCESSES; process++) {
          const code = await codeOf(fleet, name, process)
          if (code !== undefined) refused.push([passed, process, code])
        }
        await fleet.pass(STRIDE_MS)
      }
      expect(refused).toEqual([])
      expect(fleet.sandbox.counts).toMatchObject({ tokenRequests: requests, tokensIssued: issued })
      expect(fleet.events.filter(({ type }) => type === 'renewal.failed')).toHaveLength(failures)
    },
    60_000,
  )
})

describe('where another request ends the tokens before it', () => {
  it('nothing is asked for while the store cannot be reached, though tokens run out', async () => {
    await using fleet = await platformFleet('wechat', classicAt, { processes: PROCESSES })
    await Promise.all(fleet.sources.map(source => source.token()))
    for (const store of fleet.stores) store.outage = 'refused'
    await fleet.pass(2 * HOUR - 30_000, 60_000)
    for (const source of fleet.sources) expect(source.current()).toBeDefined()
    await fleet.pass(5 * MINUTE, 60_000)
    for (const source of fleet.sources) expect(source.current()).toBeUndefined()
    expect(fleet.sandbox.counts.tokenRequests).toBe(1)
    for (const store of fleet.stores) store.outage = undefined
    await fleet.pass(MINUTE)
    await Promise.all(fleet.sources.map(source => source.token()))
    expect(fleet.sandbox.counts.tokenRequests).toBe(2)
  })

  it('where it does not, each process helps itself then', async () => {
    await using fleet = await platformFleet('wechat', origin => wechat({ origin }), { processes: PROCESSES })
    await Promise.all(fleet.sources.map(source => source.token()))
    for (const store of fleet.stores) store.outage = 'refused'
    await fleet.pass(2 * HOUR - MINUTE, 60_000)
    expect(fleet.sandbox.counts.tokenRequests).toBeGreaterThan(1)
    expect(fleet.sandbox.counts.tokensIssued).toBe(2)
  })

  it('a stranger who asks costs the fleet one renewal', async () => {
    await using fleet = await platformFleet('wechat', classicAt, { processes: PROCESSES })
    const { url, app } = fleet.sandbox
    const call = fleet.sources.map(source => authorizedFetch(source, wechatApi({ origins: [url] })))
    const ask = () =>
      Promise.all(call.map(async each => (await each(`${url}/cgi-bin/get_api_domain_ip`)).json()))
    await ask()
    await fetch(`${url}/cgi-bin/token?grant_type=client_credential&appid=${app.id}&secret=${app.secret}`)
    await fleet.pass(5 * MINUTE)
    const answers = await ask()
    expect(answers).toEqual(Array(PROCESSES).fill({ ip_list: ['127.0.0.1'] }))
    expect(fleet.sandbox.counts.tokenRequests).toBe(3)
  })

  it('a token that has leaked is ended by force', async () => {
    await using fleet = await platformFleet('wechat', origin => wechat({ origin, forceRefresh: true }))
    const [source] = fleet.sources
    if (source === undefined) throw new Error('there is no process')
    const leaked = await source.token()
    await fleet.pass(MINUTE)
    source.reject(leaked)
    await source.token()
    const answer = await CALLS.wechat(fleet.sandbox.url, leaked.accessToken)
    expect(await answer.json()).toMatchObject({ errcode: 40001 })
    expect(await codeOf(fleet, 'wechat', 0)).toBeUndefined()
  })
})

describe('a token that is given again', () => {
  it('with its full life, though it has less left, is replaced when the platform refuses it', async () => {
    await using fleet = await platformFleet('wecom', origin => wecom({ origin }), { tellsFullLife: true })
    const first = await fleet.sources[0]?.token()
    await fleet.pass(2 * HOUR)
    const stale = await fleet.sources[0]?.token()
    expect(stale?.accessToken).toBe(first?.accessToken)
    expect(await codeOf(fleet, 'wecom', 0)).toBe(40014)
    if (stale !== undefined) fleet.sources[0]?.reject(stale)
    expect(await codeOf(fleet, 'wecom', 0)).toBeUndefined()
    expect(fleet.sandbox.counts.tokensIssued).toBe(2)
  })
})
