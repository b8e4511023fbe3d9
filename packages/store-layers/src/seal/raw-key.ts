import { EvergrantError, fail, fromBase64Url, type Secret, toBase64Url, utf8Bytes } from '@evergrant/core'
import { boundedMap } from './bounded-map.ts'
import type { CipherKey } from './cipher.ts'
import { sealBroken } from './seal-failure.ts'
import { type RingKey, SEALS_MAX, type WorkingKey } from './working-key.ts'

/** A key that one has oneself: 32 bytes, or their base64 or base64url, in place or read when it is first needed. */
export interface RawKey {
  /** What envelopes name it by: 1 to 64 letters, digits, `-` and `_`. Another key needs another id, for ever. */
  readonly id: string
  readonly key: Uint8Array | string | Secret
}

const KEY_BYTES = 32
const SALT_BYTES = 16
const SALT = /^[A-Za-z0-9_-]{22}$/
const BASE64_KEY = /^[A-Za-z0-9+/_-]{43}=?$/
/** What the derived keys are for, so that no other use of the key derives the same ones (RFC 5869 §3.2). */
const INFO = utf8Bytes('evergrant sealed storage 1') as Uint8Array<ArrayBuffer>
/** Working keys that are remembered, one for each process that has sealed something. */
const OPENED_MAX = 1_000

/**
 * A key of a ring that seals with keys derived from it (HKDF-SHA-256, RFC 5869): each process draws a salt of 128 bits
 * and has a working key of its own. So a process that counts what it has sealed counts all that its key has sealed,
 * and need not know how many others there are, or were.
 */
export function rawRingKey({ id, key }: RawKey, sealsMax: number = SEALS_MAX): RingKey {
  let base: Promise<CipherKey> | undefined
  let own: { readonly working: Promise<WorkingKey>; seals: number } | undefined
  const opened = boundedMap<Promise<CipherKey>>(OPENED_MAX)

  async function derive(salt: Uint8Array<ArrayBuffer>): Promise<CipherKey> {
    const reading = base ?? importBase(id, key)
    base = reading
    try {
      const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info: INFO }
      const aes = { name: 'AES-GCM', length: 8 * KEY_BYTES }
      return await crypto.subtle.deriveKey(hkdf, await reading, aes, false, ['encrypt', 'decrypt'])
    } catch (error) {
      if (base === reading) base = undefined
      throw error
    }
  }

  async function draw(): Promise<WorkingKey> {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
    return { material: toBase64Url(salt), key: await derive(salt) }
  }

  return {
    id,
    async forSealing() {
      const current = own !== undefined && own.seals < sealsMax ? own : { working: draw(), seals: 0 }
      own = current
      current.seals += 1
      try {
        return await current.working
      } catch (error) {
        if (own === current) own = undefined
        throw error
      }
    },
    async forOpening(material) {
      if (!SALT.test(material)) throw sealBroken(id)
      const known = opened.get(material)
      if (known !== undefined) return known
      const deriving = derive(new Uint8Array(fromBase64Url(material)))
      opened.set(material, deriving)
      return deriving.catch(error => {
        opened.delete(material)
        throw error
      })
    },
    forget() {
      base = undefined
      own = undefined
      opened.clear()
    },
  }
}

async function importBase(id: string, key: RawKey['key']): Promise<CipherKey> {
  const given = typeof key === 'string' || key instanceof Uint8Array ? key : await key.read()
  const bytes = bytesOf(id, given)
  try {
    return await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
  } finally {
    bytes.fill(0)
  }
}

/** Throws with code `key_unusable` unless there are 32 bytes. */
export function bytesOf(id: string, key: unknown): Uint8Array<ArrayBuffer> {
  if (key instanceof Uint8Array && key.length === KEY_BYTES) return new Uint8Array(key)
  const text = typeof key === 'string' ? key.trim() : ''
  if (BASE64_KEY.test(text)) {
    const digits = text.replace('=', '').replaceAll('+', '-').replaceAll('/', '_')
    return new Uint8Array(fromBase64Url(digits))
  }
  const message = `The key "${id}" is not one of ${KEY_BYTES} bytes, or their base64.`
  throw new EvergrantError(fail('key_unusable', { message }))
}
