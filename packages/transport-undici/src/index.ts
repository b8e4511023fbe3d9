/**
 * Token requests over undici.
 *
 * @packageDocumentation
 */
export { type UndiciTransportOptions, undiciTransport } from './undici-transport.ts'
