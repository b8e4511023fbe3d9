import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Wraps bytes under a master key, bound to a context. */
export function wrap(master: Uint8Array, plaintext: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** `undefined` unless it was wrapped under this key, in this context. */
export function unwrap(master: Uint8Array, wrapped: Buffer, context: string): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, 12))
    decipher.setAAD(Buffer.from(context)).setAuthTag(wrapped.subarray(-16))
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
  } catch {
    return undefined
  }
}
