import { execFile } from 'node:child_process'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TokenEvent, TokenSource } from '@evergrant/runtime'
import { describe, expect, it } from 'vitest'
import { liveView } from '../src/live-view.ts'
import { plainView } from '../src/plain-view.ts'
import { summary } from '../src/summary.ts'
import { Tally } from '../src/tally.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const SHOW_MS_MAX = 30_000

describe('the demo', () => {
  it('plays in under half a minute in a pipe, without keys, and proves that no call fails', async () => {
    const began = performance.now()
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--conditions=evergrant-source',
      MAIN,
    ])
    expect(performance.now() - began).toBeLessThan(SHOW_MS_MAX)
    expect(stderr).toBe('')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toMatch(/\nfailures +0\n/)
    expect(stdout).toMatch(/\nrepeated +[1-9]\d* /)
    expect(stdout).toMatch(/no token yet +token no\. 1\n/)
    expect(stdout).toMatch(/renewal in good time +failed: temporarily_unavailable\n/)
    expect(stdout).toMatch(/the API had rejected the token +token no\. \d+\n/)
    expect(stdout).toMatch(/renewal in good time +failed: transport_failed\n/)
    expect(stdout).toMatch(/No call failed: .*\n$/)
    expect(stdout).not.toMatch(/24\.[0-9a-f]{32}/)
  })
})

function sink(): { out: Writable; text: () => string } {
  let text = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { out, text: () => text }
}

const event = (report: object) => ({ at: 0, provider: 'baidu', grant: 'g', ...report }) as TokenEvent
const STARTED = event({ type: 'renewal.started', fence: 1, reason: 'due', guarded: true })
const FAILED = event({
  type: 'renewal.failed',
  failure: { kind: 'retry', code: 'server_error', message: 'm' },
  attempts: 1,
  until: 250,
})

describe('the summary', () => {
  it('names every request to the token endpoint and its reason', () => {
    let now = 0
    const tally = new Tally(() => now)
    now = 1_500
    tally.note(FAILED)
    tally.note(STARTED)
    tally.note(FAILED)
    expect(summary(tally)).toContain('1.5 s  renewal in good time             failed: server_error')
  })

  it('does not hide failures', () => {
    const tally = new Tally(() => 0)
    tally.failures = 3
    expect(summary(tally)).toContain('3 calls failed, which must not happen')
  })
})

describe('the views', () => {
  const source = (explanation: object | undefined) =>
    ({ explain: () => explanation }) as unknown as TokenSource
  const token = { generation: 4, sentAt: 0, dueAt: 60, lapsesAt: 95, expiresAt: 100, rejected: false }

  it.each([
    [undefined, 'none yet'],
    [{ at: 10, token }, 'no. 4, 90 ms left, fresh'],
    [{ at: 70, token }, 'being renewed'],
    [{ at: 70, token, failure: { code: 'server_error' } }, 'renewal fails: server_error'],
    [{ at: 10, token: { ...token, rejected: true } }, '0 ms left, rejected'],
  ])('show the life of a token: %j as %s', (explanation, words) => {
    const { out, text } = sink()
    const view = liveView(out)
    view.open(new Tally(() => 0), source(explanation))
    view.act('An act')
    view.tell(STARTED)
    view.tell(FAILED)
    view.close()
    expect(text()).toContain(words)
    expect(text()).toContain('An act')
    expect(text()).toContain('asking for a token (due)')
    expect(text().startsWith('\u001b[?25l')).toBe(true)
    expect(text().endsWith('\u001b[?25h')).toBe(true)
  })

  it('in a pipe are lines without colour', () => {
    const { out, text } = sink()
    const view = plainView(out)
    view.open(new Tally(() => 0), source(undefined))
    view.act('An act')
    view.tell(FAILED)
    view.tell(event({ type: 'store.recovered' }))
    view.close()
    expect(text()).toBe(
      '  0.0 s  == An act (0 calls so far, 0 failures)\n' +
        '  0.0 s     that failed: server_error; next attempt in 250 ms\n',
    )
  })
})
