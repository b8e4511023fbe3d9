/**
 * Keeps grants in a directory that all processes of one host share, without a server and without a lock.
 *
 * @packageDocumentation
 */
export { type FileStoreOptions, fileStore } from './file-store.ts'
