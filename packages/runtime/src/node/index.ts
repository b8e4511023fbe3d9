/**
 * What only Node.js offers: secrets in files and from commands, and events on `node:diagnostics_channel`.
 *
 * @packageDocumentation
 */
export { type CommandSecretOptions, commandSecret } from './command-secret.ts'
export { DIAGNOSTIC_CHANNELS, publishDiagnostics, publishEvent } from './diagnostics.ts'
export { fileSecret } from './file-secret.ts'
export { type WatchFileSecretOptions, watchFileSecret } from './watch-file-secret.ts'
