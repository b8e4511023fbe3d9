/**
 * Client secrets in the keychain of the system.
 *
 * @packageDocumentation
 */
export { type KeychainSecretOptions, keychainSecret, setKeychainSecret } from './keychain-secret.ts'
export type { KeychainPlace } from './system-keychain.ts'
