/**
 * Stores made of stores. Each layer is a store itself and passes the same conformance kit.
 *
 * @packageDocumentation
 */
export { prefixed } from './prefixed.ts'
export { type TieredOptions, tiered } from './tiered.ts'
export { type WatchedOptions, watched } from './watched.ts'
