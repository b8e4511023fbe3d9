import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { EvergrantError } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { Secret, TOTP } from 'otpauth'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ConsentOptions, requireConsent } from '../src/second-factor/sensitive-act.ts'
import { isCodeOf, newTotpSecret, totpFactor, totpUri } from '../src/second-factor/totp-factor.ts'
import { evergrant } from './support/command-line.ts'

const SECRET = Secret.fromUTF8('12345678901234567890').base32

function codeAt(at: number, secret = SECRET): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at })
}

async function codeOfFailure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => (EvergrantError.is(error) ? error.code : String(error)),
  )
}

describe('a code', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('of RFC 6238 is good: %i s, %s', (seconds, code) => {
    expect(isCodeOf(SECRET, code, seconds * 1_000)).toBe(true)
    expect(isCodeOf(SECRET, `${code.slice(0, 3)} ${code.slice(3)}`, seconds * 1_000)).toBe(true)
    expect(isCodeOf(SECRET, code, (seconds + 90) * 1_000)).toBe(false)
  })

  it('of another length, or none, is not', () => {
    for (const code of ['', '28708', '2870822', 'abcdef', '94287082'])
      expect(isCodeOf(SECRET, code, 59_000)).toBe(false)
  })

  it('comes from a secret of 160 bits, another one each time, which an authenticator can scan', () => {
    const [one, other] = [newTotpSecret(), newTotpSecret()]
    expect(one).toMatch(/^[A-Z2-7]{32}$/)
    expect(one).not.toBe(other)
    expect(totpUri(one, 'ann')).toBe(
      `otpauth://totp/Evergrant:ann?issuer=Evergrant&secret=${one}&algorithm=SHA1&digits=6&period=30`,
    )
  })
})

describe('a second verification', () => {
  let now = 1_700_000_000_000
  const kept = async () => {
    const factor = totpFactor(memoryStore(), () => now)
    await factor.setUp(SECRET)
    return factor
  }

  it('takes a code once, also when two processes bring it at the same moment', async () => {
    const factor = await kept()
    const code = codeAt(now)
    const outcomes = await Promise.all([
      codeOfFailure(factor.verify(code)),
      codeOfFailure(factor.verify(code)),
    ])
    expect(outcomes.sort()).toEqual(['none', 'second_factor_refused'])
    now += 30_000
    expect(await codeOfFailure(factor.verify(code))).toBe('second_factor_refused')
    expect(await codeOfFailure(factor.verify(codeAt(now)))).toBe('none')
  })

  it('takes no code of a period before one that was taken', async () => {
    const factor = await kept()
    await factor.verify(codeAt(now))
    expect(await codeOfFailure(factor.verify(codeAt(now - 30_000)))).toBe('second_factor_refused')
  })

  it('looks at no code any more after five wrong ones, for a quarter of an hour', async () => {
    const factor = await kept()
    const right = codeAt(now)
    const wrong = right === '000000' ? '000001' : '000000'
    for (let i = 0; i < 5; i++)
      expect(await codeOfFailure(factor.verify(wrong))).toBe('second_factor_refused')
    expect(await codeOfFailure(factor.verify(right))).toBe('second_factor_blocked')
    now += 15 * 60_000
    expect(await codeOfFailure(factor.verify(codeAt(now)))).toBe('none')
  })

  it('is set up once, and can be removed', async () => {
    const factor = await kept()
    expect(await codeOfFailure(factor.setUp(SECRET))).toBe('second_factor_exists')
    await factor.remove()
    expect(await factor.isSetUp()).toBe(false)
    expect(await codeOfFailure(factor.verify('000000'))).toBe('second_factor_missing')
  })
})

describe('something sensitive', () => {
  const ACT = { what: 'token.revoked', question: { word: 'revoke', sentence: 'The grant will end.' } }
  let folder: string
  let env: Record<string, string>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-factor-'))
    env = { HOME: folder, EVERGRANT_AUDIT: join(folder, 'audit') }
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** What the audit log holds about the acts, in the order of its chains. */
  async function auditLines(): Promise<string[]> {
    const files = (await readdir(join(folder, 'audit'))).filter(file => file.endsWith('.jsonl')).sort()
    const texts = await Promise.all(files.map(file => readFile(join(folder, 'audit', file), 'utf8')))
    const entries = texts.flatMap(text => text.trim().split('\n')).map(line => JSON.parse(line))
    return entries
      .filter(({ what }) => !what.startsWith('log.'))
      .map(({ what, outcome }) => `${what} ${outcome}`)
  }

  /** Sets a second verification up, and returns its secret. */
  async function setUp(): Promise<string> {
    let secret = ''
    const scan = (seen: string) => {
      secret = /type the secret in: ([A-Z2-7]{32})/.exec(seen)?.[1] ?? ''
      return codeAt(Date.now() - 30_000, secret)
    }
    expect(await evergrant(['second-factor', 'set-up'], { env, typed: [scan] })).toMatchObject({
      code: 0,
      stdout: '',
    })
    return secret
  }

  function consent(options: ConsentOptions, typed?: string): Promise<void> {
    const stdin = typed === undefined ? Readable.from(['']) : new PassThrough()
    const stderr = new PassThrough()
    stderr.on('data', chunk => {
      if (stdin instanceof PassThrough && /: $/.test(String(chunk))) stdin.write(`${typed}\n`)
    })
    Object.assign(stdin, { isTTY: typed !== undefined })
    return requireConsent(ACT, options, { stdin, stdout: new PassThrough(), stderr, env })
  }

  it('is not done from a script without --yes, and either is written down', async () => {
    await expect(consent({})).rejects.toThrow('--yes')
    await consent({ yes: true })
    expect((await auditLines()).sort()).toEqual(['token.revoked begun', 'token.revoked refused'])
  })

  it('is done at a terminal once its word was typed', async () => {
    expect(await codeOfFailure(consent({}, 'yes'))).toBe('not_confirmed')
    await consent({}, ' revoke ')
  })

  it('wants the code where a second verification was set up, whatever else is said', async () => {
    const secret = await setUp()
    await expect(consent({ yes: true })).rejects.toThrow('--code')
    expect(await codeOfFailure(consent({ yes: true, code: '12345' }))).toBe('second_factor_refused')
    const code = codeAt(Date.now(), secret)
    await consent({}, code)
    expect(await codeOfFailure(consent({ code }))).toBe('second_factor_refused')
    expect((await auditLines()).sort()).toEqual([
      'second_factor.set_up done',
      'token.revoked begun',
      'token.revoked refused',
      'token.revoked refused',
      'token.revoked refused',
    ])
  })

  it('is adding a key to a keyring that is in use, too, and not making the first one', async () => {
    const secret = await setUp()
    const ring = join(folder, 'ring')
    expect((await evergrant(['keygen', ring, '--id', 'one'], { env })).code).toBe(0)
    expect((await evergrant(['keygen', ring, '--id', 'two', '--yes'], { env })).code).toBe(2)
    expect((await readFile(ring, 'utf8')).trim().split('\n')).toHaveLength(1)
    const code = codeAt(Date.now(), secret)
    expect((await evergrant(['keygen', ring, '--id', 'two', '--code', code], { env })).code).toBe(0)
    expect(await readFile(ring, 'utf8')).toMatch(/^two:.*\none:/)
    expect((await auditLines()).filter(line => line.startsWith('key.')).sort()).toEqual([
      'key.added begun',
      'key.added refused',
    ])
  })

  it('is not done when it cannot be written down', async () => {
    env = { ...env, EVERGRANT_AUDIT: '/dev/null/no-directory' }
    expect(await codeOfFailure(consent({ yes: true }))).toBe('audit_unwritable')
  })

  it('keeps no secret before a code has proved that it was understood', async () => {
    const wrong = await evergrant(['second-factor', 'set-up'], { env, typed: [() => 'no code'] })
    expect([wrong.code, wrong.stderr]).toEqual([7, expect.stringContaining('second_factor_refused')])
    expect((await evergrant(['second-factor', 'status'], { env })).stdout).toBe('not set up\n')
    expect((await evergrant(['second-factor', 'set-up'], { env })).code).toBe(2)
  })

  it('has nothing to be done without where none was set up, and says so', async () => {
    expect(await evergrant(['second-factor', 'remove'], { env })).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No second verification was set up; nothing has changed.\n',
    })
  })

  it('takes a code to be done without in future', async () => {
    const secret = await setUp()
    expect((await evergrant(['second-factor', 'set-up'], { env, typed: [] })).code).toBe(3)
    expect((await evergrant(['second-factor', 'remove', '--code', '000'], { env })).code).toBe(7)
    const typed = [() => codeAt(Date.now(), secret)]
    expect(await evergrant(['second-factor', 'remove'], { env, typed })).toMatchObject({ code: 0 })
    expect((await evergrant(['second-factor', 'status'], { env })).stdout).toBe('not set up\n')
  })
})
