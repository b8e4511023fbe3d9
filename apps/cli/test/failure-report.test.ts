import { PassThrough, Readable } from 'node:stream'
import { EvergrantError, type Failure, fail } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { reportFailure } from '../src/failure-report.ts'
import { evergrant } from './support/command-line.ts'

/** What somebody at a terminal is told of a failure. */
function told(failure: Failure, LANG = 'en'): string {
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() }
  reportFailure(new EvergrantError(failure), { ...streams, env: { LANG } })
  return String(streams.stderr.read())
}

describe('a failure at the command line', () => {
  it('says when to try again, unless something has to be configured: then that is when', () => {
    const retryAfterMs = 30_000
    expect(told(fail('transport_failed', { retryAfterMs }))).toContain('not before: 30 s from now')
    expect(told(fail('second_factor_blocked', { retryAfterMs }))).toContain('not before: 30 s from now')
    for (const code of ['secret_unavailable', 'insecure_endpoint'] as const) {
      expect(told(fail(code, { retryAfterMs }))).not.toContain('not before')
      expect(told(fail(code, { retryAfterMs }), 'zh')).not.toContain('最早重试')
    }
  })

  it('of an option says once that it is one, and gives no advice that is none', () => {
    const failure = fail('invalid_option', { message: 'Invalid option: port 80 is taken; choose another.' })
    expect(told(failure)).toBe('evergrant: invalid_option: port 80 is taken; choose another.\n')
    expect(told(failure, 'zh')).toBe(
      'evergrant: invalid_option: 某个选项超出范围，或与其他选项矛盾。\n  详情：port 80 is taken; choose another.\n',
    )
    const advised = { ...failure, advice: { en: 'Do this.', zh: '请这样做。' } }
    expect(told(advised)).toContain('  what to do: Do this.\n')
    expect(told(advised, 'zh')).toContain('  处理办法：请这样做。\n')
  })

  it('speaks of options of the command line, and not of those of the library', async () => {
    expect(told(fail('insecure_endpoint'))).toMatch(/what to do: Use https\.$/m)
    for (const LANG of ['en', 'zh']) {
      const args = ['token', '--sandbox', '--min-valid', '99999999']
      const { code, stderr } = await evergrant(args, { env: { LANG } })
      expect([code, stderr]).toEqual([
        3,
        expect.stringMatching(/lifetime_too_short: .*left \(--min-valid\)/s),
      ])
      expect(stderr).toMatch(/(what to do: |处理办法：).*--min-valid/)
    }
  })

  it('of a keyring that is missing speaks of that', async () => {
    const env = {
      LANG: 'zh',
      HOME: '/nowhere',
      EVERGRANT_STORE: 'memory',
      EVERGRANT_KEYRING: '/nowhere/ring',
    }
    const { stderr } = await evergrant(['token'], { env })
    expect(stderr).toMatch(/无法读取所需的 id、密钥或密钥文件。\n.*\/nowhere\/ring.*\n.*生成密钥环。\n$/)
  })
})
