import { type Cluster, Command, type Redis } from 'ioredis'

/** Gives the Cluster as it is known at the moment. Rejects when it cannot be reached. */
export type TopologySource = () => Promise<Topology>

/** Which node of a Cluster holds what. */
export interface Topology {
  /** The master that holds the slot of a key or channel, as far as is known. */
  ownerOf(key: string): ClusterNode | undefined
  /** Any master. */
  any(): ClusterNode | undefined
  /** Asks the Cluster anew. Does not reject: what cannot be learned now is learned later. */
  refresh(): Promise<void>
}

interface ClusterNode {
  /** `host:port` */
  readonly name: string
  readonly client: Redis
}

export function topologyOf(cluster: Cluster): Topology {
  const masters = (): ClusterNode[] =>
    cluster.nodes('master').map(client => ({ name: nameOf(client), client }))
  return {
    ownerOf(key) {
      const name = cluster.slots[slotOf(key)]?.[0]
      return masters().find(node => node.name === name)
    },
    any() {
      const all = masters()
      return all[Math.floor(Math.random() * all.length)]
    },
    refresh: () => new Promise(resolve => cluster.refreshSlotsCache(() => resolve())),
  }
}

/** As ioredis itself reckons it; a command that is never sent is how it says so. */
function slotOf(key: string): number {
  return new Command('get', [key]).getSlot() ?? 0
}

function nameOf({ options: { host = '127.0.0.1', port = 6379 } }: Redis): string {
  return `${host}:${port}`
}
