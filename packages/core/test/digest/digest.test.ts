import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprintOf, sha256, toBase64, toHex, utf8Bytes } from '../../src/index.ts'

describe('SHA-256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %j is the published one', (text, digest) => {
    expect(toHex(sha256(utf8Bytes(text)))).toBe(digest)
  })

  it('agrees with the one of the platform for every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(toHex(sha256(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'))
      }),
    )
    const large = new Uint8Array(100_000).fill(7)
    expect(toHex(sha256(large))).toBe(createHash('sha256').update(large).digest('hex'))
  })
})

describe('encodings', () => {
  it('agree with those of the platform', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const bytes = utf8Bytes(text)
        expect(bytes).toEqual(new Uint8Array(new TextEncoder().encode(text)))
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      }),
    )
    expect([...utf8Bytes('\ud800x')]).toEqual([...new TextEncoder().encode('\ud800x')])
  })
})

describe('a fingerprint', () => {
  it('is short, and different for different secrets', () => {
    expect(fingerprintOf('abc')).toBe('ba7816bf8f01cfea')
    expect(fingerprintOf('abd')).not.toBe(fingerprintOf('abc'))
  })
})
