import { toBase64Url } from '@evergrant/core'

/** Where chance comes from, unless a runtime is given another source: the only place that asks for it. */
export const systemChance: () => number = () => Math.random()

/** A name that no other session of any process has. */
export function newHolderName(): string {
  return crypto.randomUUID()
}

/** A text that nobody can guess: 256 bits as 43 unreserved characters (RFC 7636 §4.1). */
export function newSecretText(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
}
