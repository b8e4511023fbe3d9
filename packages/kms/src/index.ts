/**
 * Key services: where the key stays that wraps the keys of sealed records, and that client secrets are encrypted with.
 *
 * @packageDocumentation
 */
export { type AwsKmsClient, type AwsKmsOptions, awsKms } from './aws-kms.ts'
export { type DecryptedSecretOptions, decryptedSecret } from './decrypted-secret.ts'
export { type VaultTransitOptions, vaultTransit } from './vault-transit.ts'
