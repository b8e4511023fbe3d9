/**
 * Stores made of stores. Each layer is a store itself and passes the same conformance kit.
 *
 * @packageDocumentation
 */
export { prefixed } from './prefixed.ts'
export { sealedUnder } from './seal/envelope.ts'
export { type Keyring, type KeyringKey, type KeyringOptions, keyring } from './seal/keyring.ts'
export type { RawKey } from './seal/raw-key.ts'
export { type RekeyOptions, type RekeyProgress, rekey } from './seal/rekey.ts'
export { type SealedOptions, sealed } from './seal/sealed.ts'
export type { ServiceKey } from './seal/service-key.ts'
export { type TieredOptions, tiered } from './tiered.ts'
export { type WatchedOptions, watched } from './watched.ts'
