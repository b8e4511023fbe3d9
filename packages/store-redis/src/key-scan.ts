import { type Client, isCluster } from './client-pattern.ts'
import { judge, refusal, storeFailure } from './redis-failure.ts'
import { within } from './timing.ts'

/** Keys that the server is asked for at once. */
const PAGE_KEYS = 500
/** Characters that mean something in a pattern. */
const GLOB = /[\\*?[\]]/g

/**
 * The names of the hashes that begin with `prefix`, on every master, without it: our records, and what somebody else
 * may have put there. A key may be named twice. Each page of them is waited for as long as any command.
 */
export async function* scanKeys(
  client: Client,
  prefix: string,
  commandTimeoutMs: number,
): AsyncGenerator<string> {
  const pattern = `${prefix.replaceAll(GLOB, '\\$&')}*`
  const nodes = isCluster(client) ? client.nodes('master') : [client]
  const late = () => storeFailure(`Redis did not answer within ${commandTimeoutMs} ms.`)
  for (const node of nodes) {
    let cursor = '0'
    do {
      const page = node.scan(cursor, 'MATCH', pattern, 'COUNT', PAGE_KEYS, 'TYPE', 'hash').catch(error => {
        throw refusal(judge(error).code)
      })
      const [next, keys] = await within(commandTimeoutMs, page, late)
      cursor = next
      for (const key of keys) yield key.slice(prefix.length)
    } while (cursor !== '0')
  }
}
