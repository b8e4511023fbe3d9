import { type Client, isCluster } from './client-pattern.ts'
import type { Notify } from './notice.ts'

/**
 * Looks once at how the servers are set up, as far as they tell this user, and says what may surprise. That the
 * question is refused is no trouble.
 */
export async function survey(client: Client, durable: boolean, notify: Notify): Promise<void> {
  const nodes = isCluster(client) ? client.nodes('master') : [client]
  const answers = await Promise.all(nodes.map(node => node.info().catch(() => '')))
  const policies = answers.map(info => field(info, 'maxmemory_policy'))
  const policy = policies.find(each => each !== undefined && each !== 'noeviction')
  if (policy !== undefined) notify({ type: 'evicts', policy })
  if (durable && answers.some(info => field(info, 'aof_enabled') === '0')) notify({ type: 'not_durable' })
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:([a-z0-9-]{1,32})\\r?$`, 'm').exec(info)?.[1]
}
