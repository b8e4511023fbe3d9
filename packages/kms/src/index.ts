/**
 * Key services: where the key stays that wraps the keys of sealed records.
 *
 * @packageDocumentation
 */
export { type AwsKmsClient, type AwsKmsOptions, awsKms } from './aws-kms.ts'
export { type VaultTransitOptions, vaultTransit } from './vault-transit.ts'
