import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REDACTED, redact, redactBody, redactError, untrustedText } from '../src/index.ts'

const SECRETS = [
  'p@ss w0rd/+=&',
  'Sk-测试-secret',
  'a"b\\c/d-long',
  "O'Brien (née <Ümit>)*~!",
  '50%25 of %41',
  '\\u0041\\/\\\\',
  '&amp;&#38;',
  '😀-smile',
]

function unicode(text: string): string {
  const units = text.split('').map(unit => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return units.map(digits => `\\u${digits}`).join('')
}

/** Each character in one of the ways in which somebody might write it. */
const WRITTEN: readonly ((character: string) => string)[] = [
  each => each,
  each => encodeURIComponent(each),
  each => encodeURIComponent(each).toLowerCase(),
  each => [...Buffer.from(each)].map(byte => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
  unicode,
  each => `&#${each.codePointAt(0)};`,
  each => `&#x${each.codePointAt(0)?.toString(16).toUpperCase()};`,
]

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
        unicode(secret),
        unicode(secret).toUpperCase().replaceAll('\\U', '\\u'),
        new URLSearchParams({ x: secret }).toString().slice(2).toLowerCase(),
        secret
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll("'", '&apos;'),
        ...WRITTEN.map(write => [...secret].map(write).join('')),
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

  it('finds a secret whose characters are each written in another way', () => {
    const ways = fc.array(fc.nat(WRITTEN.length - 1), { minLength: 14, maxLength: 14 })
    fc.assert(
      fc.property(ways, fc.string(), fc.string(), (way, before, after) => {
        const secret = 'Sk-测试-secret'
        const written = [...secret].map((each, i) => WRITTEN[way[i] ?? 0]?.(each)).join('')
        expect(redact(before + written + after, SECRETS)).toContain(REDACTED)
        expect(redact(before + written + after, SECRETS)).not.toContain(written)
      }),
    )
  })

  it('finds it every time it is there, and leaves alone what only begins like it', () => {
    expect(redact('a-secret a-secre a-secret%21a-secret', ['a-secret'])).toBe(
      `${REDACTED} a-secre ${REDACTED}%21${REDACTED}`,
    )
  })

  it('takes the longer of two secrets first, of which one is a part of the other', () => {
    expect(redact('a secret-and-more', ['secret', 'secret-and-more'])).toBe(`a ${REDACTED}`)
  })

  it('changes nothing else that a JSON text says', () => {
    const escapes = fc.constantFrom('', '\\u0041', '\\\\u0041', '\\"\\/\\n\\ud83d', '%41&amp;')
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), escapes, (json, more) => {
        const body = (secret: string) => `{"a":${json},"b":"${more}${secret}${more}"}`
        const clean = JSON.parse(redactBody(body('a-secret'), ['a-secret']))
        expect(clean).toEqual(JSON.parse(body(REDACTED)))
        expect(JSON.parse(redactBody(body(unicode('a-secret')), ['a-secret']))).toEqual(clean)
      }),
    )
  })

  it('finds in a body what is encoded before it is escaped', () => {
    const secret = 'a?>secret~~~'
    for (const form of [Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) {
      const escaped = form.replaceAll('/', '\\/').replaceAll('+', '\\u002B').replaceAll('%', '\\u0025')
      expect(redactBody(`{"a":"${escaped}"}`, [secret])).toBe(`{"a":"${REDACTED}"}`)
    }
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

describe('an error from elsewhere', () => {
  it('is told without secrets, and so are its causes', () => {
    const cause = Object.assign(new Error('half an answer'), {
      data: 'GET / with a-sec',
      url: '/a-secret',
      n: 5,
    })
    const error = new TypeError('failed for a%2Dsecret', { cause })
    expect(redactError(error, ['a-secret'])).toBe(error)
    expect(error.message).toBe(`failed for ${REDACTED}`)
    expect(cause).toMatchObject({ message: 'half an answer', data: REDACTED, url: `/${REDACTED}`, n: 5 })
  })

  it('may be anything, and may not let itself be changed', () => {
    const looped = new Error('a-secret')
    looped.cause = looped
    redactError(looped, ['a-secret'])
    expect(looped.message).toBe(REDACTED)
    const frozen = Object.freeze({ data: 'a-secret', cause: null })
    for (const odd of [
      undefined,
      null,
      'a-secret',
      frozen,
      {
        get data() {
          return 'x'
        },
      },
    ]) {
      expect(redactError(odd, ['a-secret'])).toBe(odd)
    }
  })
})
