import { runInNewContext } from 'node:vm'
import { type Explanation, fail } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { dashboardPage } from '../src/dashboard/dashboard-page.ts'
import { board } from '../src/dashboard/grant-card.ts'
import { type FailureInChinese, wordsFor } from '../src/dashboard/words.ts'

const FAILING: Explanation = {
  at: 1_000,
  phase: 'held',
  decision: 'fail_fast',
  failure: fail('transport_failed', { retryAfterMs: 8_000 }),
  circuit: 'open',
  attempts: 1,
  storeReachable: true,
  waiters: 0,
}

/** What is shown of one grant. */
function shown(
  language: string,
  state: Explanation,
  {
    served = 0,
    refused = 0,
    inChinese,
  }: { served?: number; refused?: number; inChinese?: FailureInChinese } = {},
): string {
  const grant = { name: 'n', label: 'l', state, inWords: '', served, refused, events: [] }
  return board([grant], 0, 2_000, wordsFor(language, inChinese))
}

/** What the script of the page makes of a time, and of its tooltip. */
async function timesOn(language: string): Promise<readonly string[]> {
  const { body } = dashboardPage(wordsFor(language))
  const page = String(body)
  const [, script = ''] = /<script>(.*)<\/script>/s.exec(page) ?? []
  const [, lang = ''] = /<html lang="(\w+)">/.exec(page) ?? []
  const time = { dateTime: '2026-11-30T23:45:06Z', textContent: '', title: '' }
  const element = { textContent: '', dataset: {}, innerHTML: '', querySelectorAll: () => [time] }
  // It looks once, and no more.
  await runInNewContext(script.replace(/lookForever\(\)\s*$/, 'look()'), {
    document: { documentElement: { lang }, getElementById: () => element },
    location: { hash: '' },
    sessionStorage: { getItem: () => 'key' },
    addEventListener: () => undefined,
    fetch: async () => ({ ok: true, text: async () => '' }),
  })
  return [time.textContent, time.title]
}

describe('the dashboard', () => {
  it('shows times as the language of the page has them, whatever that of the browser is', async () => {
    const [english, englishTitle] = await timesOn('en')
    const [chinese, chineseTitle] = await timesOn('zh-CN')
    for (const time of [english, chinese]) expect(time).toMatch(/^\d\d:\d\d:06$/)
    expect(englishTitle).toMatch(/^(Nov 30|Dec 1), 2026/)
    expect(chineseTitle).toMatch(/^2026年1[12]月/)
    expect(`${englishTitle}${chineseTitle}`).not.toMatch(/[AP]M|上午|下午/)
  })

  it('counts in words that fit the number', () => {
    expect(shown('en', FAILING, { served: 1, refused: 1 })).toMatch(/handed out once · refused once</)
    expect(shown('en', FAILING, { served: 2, refused: 3 })).toMatch(/handed out 2 times · refused 3 times</)
  })

  it('says when the next try of a grant is that fails', () => {
    const planned = { ...FAILING, nextActionAt: 7_000 }
    expect(shown('en', planned)).toContain('<p>the next try is in 5 s</p>')
    expect(shown('zh', planned)).toContain('<p>5 秒后重试</p>')
    expect(shown('en', FAILING)).toContain('<p>there is no other try for 7 s</p>')
    expect(shown('zh', FAILING)).toContain('<p>7 秒内不会重试</p>')
    expect(shown('en', { ...FAILING, failure: fail('invalid_grant') })).not.toContain('try')
  })

  it('says a failure in Chinese where somebody knows how', () => {
    const inChinese: FailureInChinese = ({ code }) =>
      code === 'transport_failed' ? '无法连接服务器。' : undefined
    expect(shown('zh', FAILING, { inChinese })).toContain('transport_failed: 无法连接服务器。<')
    expect(shown('en', FAILING, { inChinese })).toContain('transport_failed: The server could not be reached')
    const advised = { ...FAILING, failure: fail('server_error', { advice: { en: 'Wait.', zh: '请等待。' } }) }
    expect(shown('zh', advised, { inChinese })).toContain('server_error: 请等待。<')
  })
})
