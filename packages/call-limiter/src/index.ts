/**
 * Limits how often APIs are called, for `callGuard({ limiter })`: in the memory of one process, or in Redis for a whole
 * fleet.
 *
 * Theory of operation: a count says whether a call may be made now, and if not, when asking again makes sense; a
 * waiting room keeps the callers in the order in which they came, asks for them, and lets go of those whose turn would
 * come too late. The count of a fleet is one list in Redis per key; when Redis cannot be asked, a local count stands
 * in.
 *
 * @packageDocumentation
 */
export type { WhenUnreachable } from './insured-count.ts'
export { type MemoryLimiterOptions, memoryLimiter } from './memory-limiter.ts'
export type { RateOptions } from './rate.ts'
export { type RedisLimiterOptions, redisLimiter } from './redis-limiter.ts'
