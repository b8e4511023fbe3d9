/**
 * What only Node.js offers: secrets in files, and events on `node:diagnostics_channel`.
 *
 * @packageDocumentation
 */
export { DIAGNOSTIC_CHANNELS, publishDiagnostics, publishEvent } from './diagnostics.ts'
export { fileSecret } from './file-secret.ts'
