/** The nonces that servers want in the next proof, by origin (RFC 9449 §8, §9). */
export interface NonceMemory {
  nonceFor(origin: string): string | undefined
  /** Notes what an answer says; text that is no nonce is ignored. */
  note(origin: string, nonce: string): void
}

const NONCE = /^[\x21\x23-\x5B\x5D-\x7E]{1,1024}$/

/** Remembers one nonce an origin; of more than `originsMax` origins, the one heard of longest ago is forgotten. */
export function nonceMemory(originsMax: number): NonceMemory {
  const nonces = new Map<string, string>()
  return {
    nonceFor: origin => nonces.get(origin),
    note(origin, nonce) {
      if (!NONCE.test(nonce)) return
      nonces.delete(origin)
      nonces.set(origin, nonce)
      if (nonces.size > originsMax) nonces.delete(nonces.keys().next().value as string)
    },
  }
}
