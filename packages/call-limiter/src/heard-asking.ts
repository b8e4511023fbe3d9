import type { Cluster, Redis } from 'ioredis'

/**
 * Keeps a refused `ASKING` from ending the process.
 *
 * ioredis sends it ahead of a command that a slot on its way has turned away, and forgets about its outcome. What
 * became of it shows in the answer to the command.
 */
export function withHeardAsking(cluster: Cluster): Cluster {
  return cluster.on('+node', (node: Redis) => {
    const asking = node.asking.bind(node)
    node.asking = () => {
      const answer = asking()
      answer.catch(() => undefined)
      return answer
    }
  })
}
