import { eventually } from './eventually.ts'
import { freePort, type RedisServer, startServer } from './server-process.ts'

/** A Cluster of masters without replicas. */
export interface ClusterRedis {
  readonly servers: readonly RedisServer[]
  /** The slot of a key, and the server that holds it. */
  locate(key: string): Promise<{ readonly slot: number; readonly owner: RedisServer }>
  /** Begins to move a slot: its owner answers ASK for keys that it has not got. */
  beginMove(slot: number, to: RedisServer): Promise<void>
  /** Moves the keys of a slot that is being moved, and hands the slot over. */
  finishMove(slot: number, to: RedisServer): Promise<void>
  close(): Promise<void>
}

export interface ClusterOptions {
  /** How long a node must be silent until it counts as failed, in ms. 2,000 by default. */
  readonly nodeTimeoutMs?: number
  /** More lines of configuration, for every server. */
  readonly config?: readonly string[]
}

const MASTERS = 3
const SLOTS = 16_384
const KEYS_MAX = 1_000

/** Starts a Cluster of three masters; resolves when all of them say that it is whole. */
export async function clusterRedis(options: ClusterOptions = {}): Promise<ClusterRedis> {
  const { nodeTimeoutMs = 2_000, config = [] } = options
  const servers = await Promise.all(
    Array.from({ length: MASTERS }, async () =>
      startServer({
        config: [
          'cluster-enabled yes',
          `cluster-port ${await freePort()}`,
          `cluster-node-timeout ${nodeTimeoutMs}`,
          ...config,
        ],
      }),
    ),
  )
  await form(servers)
  const ids = new Map<RedisServer, string>()
  for (const server of servers) ids.set(server, String(await server.ask('CLUSTER', 'MYID')))

  async function ownerOf(slot: number): Promise<RedisServer> {
    const [server] = servers
    const ranges = (await server?.ask('CLUSTER', 'SLOTS')) as [number, number, [string, number]][]
    const range = ranges.find(([from, to]) => from <= slot && slot <= to)
    const owner = servers.find(({ port }) => port === range?.[2][1])
    if (owner === undefined) throw new Error(`Nobody holds slot ${slot}.`)
    return owner
  }

  return {
    servers,
    async locate(key) {
      const slot = Number(await servers[0]?.ask('CLUSTER', 'KEYSLOT', key))
      return { slot, owner: await ownerOf(slot) }
    },
    async beginMove(slot, to) {
      const from = await ownerOf(slot)
      await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids.get(from) ?? '')
      await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids.get(to) ?? '')
    },
    async finishMove(slot, to) {
      const from = await ownerOf(slot)
      const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_MAX)) as string[]
      if (keys.length > 0) await from.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys)
      const others = servers.filter(server => server !== to && server !== from)
      for (const server of [to, from, ...others]) {
        await server.ask('CLUSTER', 'SETSLOT', slot, 'NODE', ids.get(to) ?? '')
      }
    },
    async close() {
      await Promise.all(servers.map(server => server.close()))
    },
  }
}

async function form(servers: readonly RedisServer[]): Promise<void> {
  const [first, ...others] = servers
  if (first === undefined) return
  const share = Math.ceil(SLOTS / servers.length)
  for (const [i, server] of servers.entries()) {
    const last = Math.min((i + 1) * share, SLOTS) - 1
    await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    await server.ask('CLUSTER', 'ADDSLOTSRANGE', i * share, last)
  }
  for (const other of others) {
    const { cluster } = await ports(other)
    await first.ask('CLUSTER', 'MEET', '127.0.0.1', other.port, cluster)
  }
  for (const server of servers) {
    await eventually('the Cluster is whole', async () => {
      const info = String(await server.ask('CLUSTER', 'INFO'))
      const slots = (await server.ask('CLUSTER', 'SLOTS')) as unknown[]
      return (
        info.includes('cluster_state:ok') &&
        info.includes(`cluster_known_nodes:${servers.length}`) &&
        slots.length === servers.length
      )
    })
  }
}

/** The port of the bus that joins a node to the others. */
async function ports(server: RedisServer): Promise<{ readonly cluster: number }> {
  const [, port] = (await server.ask('CONFIG', 'GET', 'cluster-port')) as [string, string]
  return { cluster: Number(port) }
}
