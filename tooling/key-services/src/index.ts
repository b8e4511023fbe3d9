export { AWS, type AwsKmsServer, awsKmsServer, refusal } from './aws-kms-server.ts'
export { type Answer, type JsonServer, jsonServer } from './json-server.ts'
export { VAULT, type VaultServer, type VaultServerOptions, vaultServer } from './vault-server.ts'
