/** A key of the platform's WebCrypto, which does not give it out. */
export type CipherKey = Awaited<ReturnType<typeof crypto.subtle.deriveKey>>

export const NONCE_BYTES = 12
export const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) with a tag of 128 bits, over `nonce`, which must never be used again with this key.
 * The nonce, the ciphertext and the tag, in this order.
 */
export async function encryptBox(
  key: CipherKey,
  nonce: Uint8Array<ArrayBuffer>,
  plaintext: Uint8Array<ArrayBuffer>,
  associated: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const encrypted = await crypto.subtle.encrypt(gcm(nonce, associated), key, plaintext)
  const box = new Uint8Array(NONCE_BYTES + encrypted.byteLength)
  box.set(nonce)
  box.set(new Uint8Array(encrypted), NONCE_BYTES)
  return box
}

/** What {@link encryptBox} was given. Rejects when box, key or associated data are not what they were. */
export async function decryptBox(
  key: CipherKey,
  box: Uint8Array<ArrayBuffer>,
  associated: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const nonce = box.subarray(0, NONCE_BYTES)
  return new Uint8Array(await crypto.subtle.decrypt(gcm(nonce, associated), key, box.subarray(NONCE_BYTES)))
}

function gcm(iv: Uint8Array<ArrayBuffer>, additionalData: Uint8Array<ArrayBuffer>) {
  return {
    name: 'AES-GCM' as const,
    iv,
    additionalData,
    tagLength: 8 * TAG_BYTES,
  }
}
