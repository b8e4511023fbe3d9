import { isIP, type Server } from 'node:net'
import { type Admission, admitOnly, allowList } from '@evergrant/allow-list'

/** Where a stand-in listens, and for whom. */
export interface ListenOptions {
  /** The port. 0, the default, takes a free one. */
  readonly port?: number
  /** The address to listen on: `0.0.0.0` or `::` for all of this machine, in a container say. 127.0.0.1 by default. */
  readonly host?: string
  /** Who may connect: addresses and ranges (`192.168.0.0/16`, `fd00::/8`). This machine alone by default. */
  readonly allow?: readonly string[]
  /** Called with an address whose connection was closed unread, because nobody allows it; now and then for each. */
  readonly onRefused?: (address: string) => void
}

export interface Listening extends Admission {
  readonly port: number
  /** `http://<host>:<port>`, of this machine itself where it listens on all addresses. */
  readonly url: string
}

const HERE = '127.0.0.1'
const ALL = new Set(['0.0.0.0', '::'])

/**
 * Lets a server listen: on loopback unless it is told otherwise, and for nobody but those who may connect. Rejects with
 * code `invalid_option` when `allow` has a range that is none, and as `listen` does.
 */
export async function listenFor(server: Server, options: ListenOptions = {}): Promise<Listening> {
  const { port = 0, host = HERE, allow, onRefused } = options
  const admission = admitOnly(server, allowList(allow), { ...(onRefused !== undefined && { onRefused }) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as { port: number }
  const name = ALL.has(host) ? HERE : host
  return {
    port: taken,
    url: `http://${isIP(name) === 6 ? `[${name}]` : name}:${taken}`,
    get refused() {
      return admission.refused
    },
  }
}

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/

/**
 * Whether the header field `Host` names this machine: nobody else's web page may talk to a server by a name that resolves
 * to it. Where it listens beyond loopback it may be named by any address, for an address cannot be made to lead elsewhere.
 */
export function isNamedHere(named: string | undefined, { host = HERE }: ListenOptions): boolean {
  if (LOOPBACK_HOST.test(named ?? '')) return true
  if (host === HERE) return false
  const [, name = ''] = /^\[?([^[\]]*?)\]?(?::\d+)?$/.exec(named ?? '') ?? []
  return isIP(name) !== 0 || name === host
}
