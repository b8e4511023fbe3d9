import { eventually } from './eventually.ts'
import { type RedisServer, startServer } from './server-process.ts'

/** A master, its replica, and a Sentinel that promotes the replica when the master is gone. */
export interface SentinelRedis {
  /** The name by which the Sentinel knows the master. */
  readonly name: string
  readonly sentinel: RedisServer
  /** The two data servers; the first was the master in the beginning. */
  readonly servers: readonly [RedisServer, RedisServer]
  /** Who is the master now, by what the Sentinel says. */
  master(): Promise<RedisServer>
  close(): Promise<void>
}

export interface SentinelOptions {
  /** How long a server must be silent until it counts as down, in ms. 500 by default. */
  readonly downAfterMs?: number
}

const NAME = 'evergrant'

/** Starts one; resolves when the replica has caught up and the Sentinel knows of it. */
export async function sentinelRedis(options: SentinelOptions = {}): Promise<SentinelRedis> {
  const { downAfterMs = 500 } = options
  const first = await startServer()
  const second = await startServer({ config: [`replicaof 127.0.0.1 ${first.port}`] })
  await eventually('the replica has caught up', async () =>
    String(await second.ask('INFO', 'replication')).includes('master_link_status:up'),
  )
  const sentinel = await startServer({
    sentinel: true,
    config: [
      `sentinel monitor ${NAME} 127.0.0.1 ${first.port} 1`,
      `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
      `sentinel failover-timeout ${NAME} 3000`,
    ],
  })
  await eventually(
    'the Sentinel knows the replica',
    async () =>
      String(await sentinel.ask('INFO', 'sentinel')).includes('status=ok,address=127.0.0.1:') &&
      String(await sentinel.ask('INFO', 'sentinel')).includes('slaves=1'),
  )
  const servers = [first, second] as const
  return {
    name: NAME,
    sentinel,
    servers,
    async master() {
      const [, port] = (await sentinel.ask('SENTINEL', 'get-master-addr-by-name', NAME)) as [string, string]
      const master = servers.find(server => server.port === Number(port))
      if (master === undefined) throw new Error(`The Sentinel names an unknown master at port ${port}.`)
      return master
    },
    async close() {
      await Promise.all([sentinel, first, second].map(server => server.close()))
    },
  }
}
