import { EvergrantError, headerOf } from '@evergrant/core'
import {
  type ApiAnswer,
  type ApiFailure,
  bearerApi,
  judgeCall,
  type ResourceServer,
} from '@evergrant/core/calls'
import { baiduApi } from '@evergrant/provider-baidu/calls'
import { dingtalkApi, feishuApi, wechatApi, wecomApi } from '@evergrant/provider-platforms'
import { describe, expect, it } from 'vitest'
import { API_ANSWERS, anyAnswer } from '../src/any-answer.ts'
import { type Canary, leakIn, TOKENS } from '../src/canary.ts'
import { diceOf } from '../src/dice.ts'
import { isMixed, RUNS, seeds } from '../src/runs.ts'
import { told } from '../src/told.ts'

const SERVERS: readonly ResourceServer[] = [
  baiduApi(),
  baiduApi({ scheme: 'bearer' }),
  wechatApi(),
  wecomApi(),
  feishuApi(),
  dingtalkApi(),
  bearerApi({ origins: ['https://api.example'] }),
]
const TARGETS = [
  { hostname: 'aip.baidubce.com', pathname: '/rest/2.0/ocr/v1/general_basic' },
  { hostname: 'vop.baidu.com', pathname: '/server_api' },
  { hostname: 'tsn.baidu.com', pathname: '/text2audio' },
]
const ABOUT = ['token', 'limit', 'server', 'request']
const KINDS = ['reauthorize', 'retry', 'configure', 'distrust', 'declined', 'cancelled']
/** What could forge a line of a log, or drive a terminal. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff]/u
/** Errors are printed in full for one answer in so many: printing takes longer than judging. */
const PRINTED_EACH = 20

function flawOf(
  failure: ApiFailure,
  server: ResourceServer,
  token: Canary,
  prints: boolean,
): string | undefined {
  const { code, kind, about, message, description = '', retryAfterMs = 0, advice } = failure
  const text = `${code}\n${message}\n${description}`
  if (leakIn(text, [token]) !== undefined) return `leaks in ${text}`
  if (CONTROL.test(code + message + description)) return 'has control characters'
  if (code === '' || code.length > 64) return 'has a code of an odd length'
  if (description.length > 257 || message.length > 500) return 'is too long'
  if (!ABOUT.includes(about) || !KINDS.includes(kind)) return 'is of no known kind'
  if (!(retryAfterMs >= 0 && retryAfterMs <= 3_600_000)) return `waits for ${retryAfterMs}`
  if (advice !== undefined && !(advice.en.endsWith('.') && advice.zh.endsWith('。'))) return 'advises badly'
  if (!prints) return undefined
  const error = server.errorOf?.(failure) ?? new EvergrantError(failure)
  return leakIn(told(error), [token]) === undefined ? undefined : 'leaks when it is printed'
}

describe('no answer of an API', () => {
  it(`of ${RUNS} makes a judge crash, or leaks the token that it echoes`, () => {
    const counts = { failures: 0, fine: 0 }
    const flaws: string[] = []
    for (const seed of seeds(RUNS)) {
      const dice = diceOf(seed)
      const token = dice.pick(TOKENS)
      const { status, headers, body } = anyAnswer(API_ANSWERS, token.secret, dice)
      const answer: ApiAnswer = {
        status,
        header: name => headerOf(headers, name),
        body: dice.once(20) ? undefined : body,
      }
      const server = dice.pick(SERVERS)
      const failure = judgeCall(server, answer, dice.pick(TARGETS), [token.secret])
      counts[failure === undefined ? 'fine' : 'failures'] += 1
      if (failure === undefined) continue
      const flaw = flawOf(failure, server, token, dice.once(PRINTED_EACH))
      if (flaw !== undefined) flaws.push(`seed ${seed}, ${server.name}: ${flaw}`)
    }
    expect(flaws.slice(0, 10)).toEqual([])
    // The answers are neither all good nor all bad.
    expect([counts, isMixed(counts, 1 / 4)]).toEqual([counts, true])
  })
})
