import {
  type Failure,
  type MessageProfile,
  readTokenResponse,
  strictProfile,
  tolerantProfile,
} from '@evergrant/core'
import { baidu } from '@evergrant/provider-baidu'
import { baiduBearer } from '@evergrant/provider-baidu/calls'
import { dingtalk, feishu, wechat, wecom } from '@evergrant/provider-platforms'
import { describe, expect, it } from 'vitest'
import { anyAnswer, TOKEN_ANSWERS, TOKEN_ERRORS } from '../src/any-answer.ts'
import { leakIn, REFRESH_TOKEN } from '../src/canary.ts'
import { diceOf } from '../src/dice.ts'
import { isMixed, RUNS, seeds } from '../src/runs.ts'
import { told } from '../src/told.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const LIFETIME_MS_MAX = 366 * 86_400_000

/** A provider whose names are its own, as the translation of other platforms will be. */
const named: MessageProfile = {
  ...tolerantProfile,
  translate: members =>
    new Map([
      ['access_token', members.get('token') ?? members.get('access_token')],
      ['expires_in', members.get('expires_in')],
      ['error', members.get('error_code') === 0 ? undefined : members.get('error_code')],
      ['error_description', members.get('error_msg')],
    ]),
}
const PROFILES: readonly MessageProfile[] = [
  tolerantProfile,
  strictProfile,
  named,
  baidu().profile,
  baidu({ renewWith: 'refresh_token', keepSession: true }).profile,
  baiduBearer({ accessKeyId: 'x', secretAccessKey: 'x' }).provider.profile,
  ...[wechat(), wecom(), feishu(), dingtalk()].map(({ profile }) => profile),
]
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff]/u

function read(profile: MessageProfile, response: Parameters<typeof readTokenResponse>[0]) {
  return readTokenResponse(response, {
    profile,
    sentAt: NOW,
    receivedAt: NOW + 100,
    scopeRequested: ['requested'],
    lifetimeMsMax: LIFETIME_MS_MAX,
    retryAfterMsMax: 3_600_000,
    bodyBytesMax: 100_000,
    secrets: [REFRESH_TOKEN.secret],
  })
}

function flawOf(failure: Failure, prints: boolean): string | undefined {
  const { code, message, description = '', retryAfterMs = 0 } = failure
  const text = `${code}\n${message}\n${description}`
  if (leakIn(text, [REFRESH_TOKEN]) !== undefined) return `leaks in ${text}`
  if (CONTROL.test(code + message + description)) return 'has control characters'
  if (code === '' || code.length > 64 || description.length > 257 || message.length > 500)
    return 'is too long'
  if (!(retryAfterMs >= 0 && retryAfterMs <= 3_600_000)) return `waits for ${retryAfterMs}`
  return prints && leakIn(told(failure), [REFRESH_TOKEN]) !== undefined
    ? 'leaks when it is printed'
    : undefined
}

describe('no answer of a token endpoint', () => {
  it(`of ${RUNS} crashes its reader, gives an unusable token or leaks what it echoes`, () => {
    const counts = { tokens: 0, failures: 0 }
    const flaws: string[] = []
    for (const seed of seeds(RUNS)) {
      const dice = diceOf(seed)
      const profile = dice.pick(PROFILES)
      const result = read(
        profile,
        anyAnswer(dice.once(3) ? TOKEN_ERRORS : TOKEN_ANSWERS, REFRESH_TOKEN.secret, dice),
      )
      counts[result.ok ? 'tokens' : 'failures'] += 1
      if (result.ok) {
        const { accessToken, refreshToken = 'none', expiresAt } = result.tokens
        const usable = [accessToken, refreshToken].every(token => /^[\x21-\x7e]{1,16384}$/.test(token))
        if (!usable) flaws.push(`seed ${seed}: no token`)
        if (!(expiresAt > NOW && expiresAt <= NOW + LIFETIME_MS_MAX)) flaws.push(`seed ${seed}: ${expiresAt}`)
      } else {
        const flaw = flawOf(result.failure, dice.once(20))
        if (flaw !== undefined) flaws.push(`seed ${seed}: ${flaw}`)
      }
    }
    expect(flaws.slice(0, 10)).toEqual([])
    expect([counts, isMixed(counts, 1 / 20)]).toEqual([counts, true])
  })
})
