import { createDecipheriv, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyring } from '../../src/index.ts'
import { decryptBox, encryptBox } from '../../src/seal/cipher.ts'
import { importWorkingKey } from '../../src/seal/working-key.ts'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex')

const KEY = 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'
const TEXT =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
const CIPHER =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662'

const ENVELOPE_1 =
  'evs1.k-1.RY7woMbV5ZntZJYVtNUYDw.loyw3v28.2nvOWaR6uLgEqiocFOehL-LyL4xzskHV8WRs4VAihtZRV4yGqm3_igLB'

/** Test cases 13 to 16 of "The Galois/Counter Mode of Operation", as submitted to NIST: AES-256, nonces of 96 bits. */
const GCM = [
  {
    key: '0'.repeat(64),
    nonce: '0'.repeat(24),
    text: '',
    associated: '',
    cipher: '',
    tag: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    key: '0'.repeat(64),
    nonce: '0'.repeat(24),
    text: '0'.repeat(32),
    associated: '',
    cipher: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    key: KEY,
    nonce: 'cafebabefacedbaddecaf888',
    text: `${TEXT}1aafd255`,
    associated: '',
    cipher: `${CIPHER}898015ad`,
    tag: 'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    key: KEY,
    nonce: 'cafebabefacedbaddecaf888',
    text: TEXT,
    associated: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    cipher: CIPHER,
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
]

describe('the cipher', () => {
  it.each(GCM)('gives the known answer with tag $tag, and takes it back', async vector => {
    const key = await importWorkingKey(bytes(vector.key))
    const [nonce, associated] = [bytes(vector.nonce), bytes(vector.associated)]
    const box = await encryptBox(key, nonce, bytes(vector.text), associated)
    expect(hex(box)).toBe(vector.nonce + vector.cipher + vector.tag)
    expect(hex(await decryptBox(key, box, associated))).toBe(vector.text)
    box[box.length - 1] = (box.at(-1) ?? 0) ^ 1
    await expect(decryptBox(key, box, associated)).rejects.toThrow()
  })

  it('wipes the bytes of a key that it has imported', async () => {
    const raw = new Uint8Array(32).fill(7)
    const key = await importWorkingKey(raw)
    expect([...raw]).toEqual(Array(32).fill(0))
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow('not extractable')
  })
})

describe('an envelope', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64')

  it('is what its description says, by another implementation', async () => {
    const ring = keyring({ current: { id: 'k-1', key } })
    const envelope = await ring.seal('a text, 文字', 'evergrant:1:abc', 1_700_000_000_000.5)
    const [format, id, salt = '', until = '', box = ''] = envelope.split('.')
    expect([format, id, Number.parseInt(until, 36)]).toEqual(['evs1', 'k-1', 1_700_000_000_001])
    const info = 'evergrant sealed storage 1'
    const derived = hkdfSync('sha256', Buffer.from(key, 'base64'), Buffer.from(salt, 'base64url'), info, 32)
    const sealed = Buffer.from(box, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', new Uint8Array(derived), sealed.subarray(0, 12))
    decipher.setAAD(Buffer.from(`evs1.k-1.${salt}.${until}.evergrant:1:abc`))
    decipher.setAuthTag(sealed.subarray(-16))
    const text = decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
    expect(text).toBe('a text, 文字')
  })

  it('of the first version opens in every later one', async () => {
    const ring = keyring({ current: { id: 'k-1', key } })
    expect(await ring.open(ENVELOPE_1, 'evergrant:1:abc')).toBe('a text, 文字')
  })
})
