import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REDACTED, redact, untrustedText } from '../src/index.ts'

const SECRETS = ['p@ss w0rd/+=&', 'Sk-测试-secret', 'a"b\\c/d-long']

describe('redaction', () => {
  it('removes a secret in every form in which it is usually written', () => {
    for (const secret of SECRETS) {
      const forms = [
        secret,
        encodeURIComponent(secret),
        encodeURIComponent(secret).toLowerCase(),
        new URLSearchParams({ x: secret }).toString().slice(2),
        Buffer.from(secret).toString('base64'),
        Buffer.from(secret).toString('base64url'),
        JSON.stringify(secret).slice(1, -1),
        secret.replaceAll('/', '\\/'),
      ]
      for (const form of forms) expect(redact(`<${form}>`, [secret])).toBe(`<${REDACTED}>`)
    }
  })

  it('leaves no long secret in any text around it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const [secret = ''] = SECRETS
        expect(redact(before + secret + after, SECRETS)).not.toContain(secret)
      }),
    )
  })

  it('does not tear a text apart for the sake of a few letters', () => {
    expect(redact('a banana', ['a', ''])).toBe('a banana')
  })
})

describe('text from a peer', () => {
  it('has one line, no control characters and an end', () => {
    expect(untrustedText('a\nb\u0000c\u007fd\u0085e\u2028f\u202eg\u2066h\ud800')).toBe('a b c d e f g h')
    expect(untrustedText('x'.repeat(1_000))).toBe(`${'x'.repeat(256)}…`)
  })

  it('does not leak the half of a secret that straddles the cut', () => {
    const [secret = ''] = SECRETS
    for (let at = 240; at < 260; at++) {
      expect(untrustedText('x'.repeat(at) + secret, SECRETS)).not.toContain(secret.slice(0, 4))
    }
  })
})
