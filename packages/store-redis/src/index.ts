/**
 * Keeps grants in Redis or Valkey: a single server, one behind Sentinel, or a Cluster.
 *
 * Theory of operation: a record is one hash, read and replaced by two short scripts that name one key each, so
 * that every write is a compare-and-swap on the server and works in a Cluster. A version is the server's time
 * and a number that the writer has drawn; a write that is sent twice, because its answer was lost, is
 * recognised by that number. Commands go over one connection, hints over another (in a Cluster over one per
 * shard that is listened to), and nothing about either is believed without an answer in time.
 *
 * @packageDocumentation
 */
export type { RedisStoreNotice } from './notice.ts'
export { redisStore } from './redis-store.ts'
export type { RedisStoreOptions } from './settings.ts'
