import { connect, createServer, type Socket } from 'node:net'

/**
 * What the network does from now on, to old connections and new ones:
 *
 * - `pass`: carries everything;
 * - `drop_replies`: carries requests, and loses what is answered;
 * - `blackhole`: swallows everything both ways and says nothing; new connections are accepted and stay mute.
 */
export type NetworkMode = 'pass' | 'drop_replies' | 'blackhole'

/** A stretch of network on loopback, between a client and a server, that fails on demand. */
export interface TcpProxy {
  readonly port: number
  mode: NetworkMode
  /** How long a reply is under way, in ms. 0 by default. */
  replyDelayMs: number
  /** Resets all connections there are. */
  cut(): void
  /** Refuses new connections from now on, and cuts those there are; `false` takes it back. */
  refuse(refusing: boolean): void
  /** Loses the next reply to a request that contains this text, and resets the connection in its place. */
  loseReplyTo(text: string): void
  /** What clients have sent, as text; a connection's pieces in order. The last 4 MiB. */
  readonly sent: string
  /** What the server has answered, as text. The last 4 MiB. */
  readonly answered: string
  /** How many connections were accepted so far. */
  readonly connections: number
  /** How many connections stand. */
  readonly open: number
  /** Has the next connections go to another port. */
  redirect(port: number): void
  close(): Promise<void>
}

const KEEP_CHARS = 4 * 1024 * 1024

/** Starts one in front of a loopback port. */
export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  let port = targetPort
  let connections = 0
  let refusing = false
  let losing: string | undefined
  let sent = ''
  let answered = ''
  const pairs = new Set<readonly [Socket, Socket]>()

  function reset(pair: readonly [Socket, Socket]): void {
    pairs.delete(pair)
    for (const socket of pair) socket.resetAndDestroy()
  }

  function carry(pair: readonly [Socket, Socket]): void {
    const [client, server] = pair
    let cutting = false
    client.on('data', chunk => {
      sent = (sent + chunk.toString()).slice(-KEEP_CHARS)
      if (losing !== undefined && chunk.includes(losing)) {
        losing = undefined
        cutting = true
      }
      if (proxy.mode !== 'blackhole') server.write(chunk)
    })
    server.on('data', chunk => {
      answered = (answered + chunk.toString()).slice(-KEEP_CHARS)
      if (cutting) return reset(pair)
      if (proxy.mode !== 'pass') return
      if (proxy.replyDelayMs > 0) setTimeout(() => client.write(chunk), proxy.replyDelayMs)
      else client.write(chunk)
    })
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.on('close', () => reset(pair))
    }
  }

  const listener = createServer(client => {
    connections += 1
    if (refusing) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const pair = [client, connect(port, '127.0.0.1')] as const
    pairs.add(pair)
    carry(pair)
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))

  const proxy: TcpProxy = {
    port: (listener.address() as { port: number }).port,
    mode: 'pass',
    replyDelayMs: 0,
    cut() {
      for (const pair of pairs) reset(pair)
    },
    refuse(next) {
      refusing = next
      if (next) proxy.cut()
    },
    loseReplyTo(text) {
      losing = text
    },
    redirect(next) {
      port = next
    },
    get sent() {
      return sent
    },
    get answered() {
      return answered
    },
    get connections() {
      return connections
    },
    get open() {
      return pairs.size
    },
    async close() {
      proxy.cut()
      await new Promise(resolve => listener.close(resolve))
    },
  }
  return proxy
}
