import type { CipherKey } from './cipher.ts'

/** A key that records are sealed with, and what is written beside them so that it can be found again. */
export interface WorkingKey {
  readonly material: string
  readonly key: CipherKey
}

/** A key of a ring: what the working keys of all processes come from. */
export interface RingKey {
  readonly id: string
  /** The working key to seal one more record with. Each of them seals 2^31 records at most. */
  forSealing(): Promise<WorkingKey>
  /** The working key that a record names. */
  forOpening(material: string): Promise<CipherKey>
  /** Lets go of all working keys. */
  forget(): void
}

/**
 * How many records one working key seals, at most. With random nonces of 96 bits 2^32 are allowed (NIST SP 800-38D
 * §8.3); at half of that, nonces meet with a probability of 2^-35.
 */
export const SEALS_MAX: number = 2 ** 31

/** A working key, from its bytes, which are wiped. */
export async function importWorkingKey(bytes: Uint8Array): Promise<CipherKey> {
  const raw = new Uint8Array(bytes)
  try {
    return await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  } finally {
    raw.fill(0)
    bytes.fill(0)
  }
}
