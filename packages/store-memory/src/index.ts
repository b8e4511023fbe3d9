/**
 * Keeps grants in the memory of one process, bounded by number and by size.
 *
 * @packageDocumentation
 */
export { type MemoryStoreOptions, memoryStore } from './memory-store.ts'
