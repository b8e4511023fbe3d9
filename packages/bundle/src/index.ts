/**
 * Tokens for machines without a network: fetched ahead, carried as one text, and served there until they expire.
 *
 * Theory of operation: a bundle is signed, then encrypted. What is signed names the recipient, so that who opens a
 * bundle cannot pass it on as the issuer's word to somebody else. What is encrypted shows to everybody only whom it is
 * for and until when. Grants travel as the records that stores keep: importing is writing them, where they are newer
 * than what is there.
 *
 * @packageDocumentation
 */
export {
  type BundleKeys,
  generateBundleKeys,
  type KeyUse,
  type PrivateKey,
  type PublicKey,
  requirePrivateKey,
  requirePublicKey,
} from './bundle-key.ts'
export type { BundledGrant } from './bundled-grant.ts'
export { type ClockMemory, clockMemory } from './clock-memory.ts'
export {
  type CreateBundleOptions,
  createBundle,
  type GrantToBundle,
  type TokenToBundle,
} from './create-bundle.ts'
export {
  type ImportBundleOptions,
  type ImportedGrant,
  type ImportOutcome,
  importBundle,
} from './import-bundle.ts'
export { type BundleFacts, inspectBundle } from './inspect-bundle.ts'
export { type OpenBundleOptions, openBundle } from './open-bundle.ts'
export type { OpenedBundle } from './opened-bundle.ts'
export type { Opener, Recipient } from './recipient.ts'
