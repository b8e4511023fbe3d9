/**
 * Real Redis servers for tests, on free loopback ports and in folders of their own, and a network that fails on
 * demand. What was started is stopped, by its process id, also when the tests are killed.
 *
 * @packageDocumentation
 */
export { type AnyRedis, anyRedis } from './any-redis.ts'
export { type ClusterOptions, type ClusterRedis, clusterRedis } from './cluster-redis.ts'
export { eventually } from './eventually.ts'
export { type SentinelOptions, type SentinelRedis, sentinelRedis } from './sentinel-redis.ts'
export { freePort, type RedisServer, type ServerOptions, startServer } from './server-process.ts'
export { type ServerProgram, serverProgram } from './server-program.ts'
export { type NetworkMode, type TcpProxy, tcpProxy } from './tcp-proxy.ts'
