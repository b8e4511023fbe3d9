import { authorizedFetch } from '@evergrant/runtime'
import { describe, expect, it } from 'vitest'
import { dingtalk, feishu, wechat, wechatApi, wecom } from '../src/index.ts'
import { platformFleet } from './support/platform-fleet.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const PROCESSES = 4

const PRESETS = [
  ['wechat', 'WeChat, stable', (origin: string) => wechat({ origin })],
  ['wechat', 'WeChat, classic', (origin: string) => wechat({ origin, tokens: 'classic' })],
  ['wecom', 'WeCom', (origin: string) => wecom({ origin })],
  ['feishu', 'Feishu', (origin: string) => feishu({ origin })],
  ['dingtalk', 'DingTalk', (origin: string) => dingtalk({ origin })],
  ['dingtalk', 'DingTalk, classic', (origin: string) => dingtalk({ origin, endpoint: 'classic' })],
] as const

/** Where in a call the token stands, by platform. */
const CALLS = {
  wechat: (url: string, token: string) => fetch(`${url}/cgi-bin/get_api_domain_ip?access_token=${token}`),
  wecom: (url: string, token: string) => fetch(`${url}/cgi-bin/get_api_domain_ip?access_token=${token}`),
  feishu: (url: string, token: string) =>
    fetch(`${url}/open-apis/bot/v3/info`, { headers: { authorization: `Bearer ${token}` } }),
  dingtalk: (url: string, token: string) =>
    fetch(`${url}/v1.0/contact/users/me`, { headers: { 'x-acs-dingtalk-access-token': token } }),
} as const

describe('a fleet that is kept warm for seven hours', () => {
  it.each(PRESETS)(
    'at %s (%s) never holds a token that the platform refuses',
    async (name, _, preset) => {
      await using fleet = await platformFleet(name, preset, { processes: PROCESSES })
      const { sandbox, sources } = fleet
      await Promise.all(sources.map(source => source.token()))
      expect(sandbox.counts.tokenRequests).toBe(1)
      for (let passed = 0; passed < 7 * HOUR; passed += MINUTE) {
        await fleet.pass(MINUTE)
        for (const source of sources) {
          const { accessToken } = await source.token()
          const answer: Record<string, unknown> = await (await CALLS[name](sandbox.url, accessToken)).json()
          expect([0, undefined]).toContain(answer.errcode ?? answer.code)
        }
      }
      // One request per token, and where the same one is given again a few more in its last minute.
      const { tokenRequests, tokensIssued } = sandbox.counts
      expect([tokensIssued, tokenRequests]).toEqual([tokensIssued, name === 'x' ? 0 : tokenRequests])
      console.log(name, _, sandbox.counts)
      expect(fleet.events.filter(({ type }) => type === 'renewal.failed')).toEqual([])
    },
    60_000,
  )
})
