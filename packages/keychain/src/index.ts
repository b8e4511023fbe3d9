/**
 * Client secrets in the keychain of the system.
 *
 * @packageDocumentation
 */
export {
  type KeychainPlace,
  type KeychainSecretOptions,
  keychainSecret,
  setKeychainSecret,
} from './keychain-secret.ts'
