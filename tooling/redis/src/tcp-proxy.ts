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
  /**
   * Loses the next reply to a request that contains this text, and resets the connection in its place, after
   * `meanwhile` is done.
   */
  loseReplyTo(text: string, meanwhile?: () => Promise<unknown>): void
  /** What clients have sent, as text; a connection's pieces in order. The last 4 MiB. */
  readonly sent: string
  /** What the server has answered, as text. The last 4 MiB. */
  readonly answered: string
  /** How many connections were accepted so far. */
  readonly connections: number
  /** How many connections stand. */
  readonly open: number
  /**
   * Gives every connection that stands a new far end, without a word to the client: as a proxy that speaks the
   * protocol does when its own connection to the server is lost.
   */
  swapServerSides(): void
  /** Has the next connections go to another port. */
  redirect(port: number): void
  close(): Promise<void>
}

interface Pair {
  readonly client: Socket
  server: Socket
  /** What to do before the connection is reset in place of the next answer. */
  losing: (() => Promise<unknown>) | undefined
}

const KEEP_CHARS = 4 * 1024 * 1024

/** Starts one in front of a loopback port. */
export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  let port = targetPort
  let connections = 0
  let refusing = false
  let losing: { readonly text: string; readonly meanwhile: () => Promise<unknown> } | undefined
  let sent = ''
  let answered = ''
  const pairs = new Set<Pair>()

  function reset(pair: Pair): void {
    pairs.delete(pair)
    for (const socket of [pair.client, pair.server]) socket.resetAndDestroy()
  }

  function fromClient(pair: Pair, chunk: Buffer): void {
    sent = (sent + chunk.toString()).slice(-KEEP_CHARS)
    if (losing !== undefined && chunk.includes(losing.text)) {
      pair.losing = losing.meanwhile
      losing = undefined
    }
    if (proxy.mode !== 'blackhole') pair.server.write(chunk)
  }

  function fromServer(pair: Pair, chunk: Buffer): void {
    answered = (answered + chunk.toString()).slice(-KEEP_CHARS)
    if (pair.losing !== undefined) {
      const give = () => reset(pair)
      pair.losing().then(give, give)
    } else if (proxy.mode === 'pass') {
      if (proxy.replyDelayMs > 0) setTimeout(() => pair.client.write(chunk), proxy.replyDelayMs)
      else pair.client.write(chunk)
    }
  }

  function attachServer(pair: Pair): void {
    const { server } = pair
    server.on('data', chunk => fromServer(pair, chunk))
    server.on('error', () => undefined)
    server.on('close', () => {
      if (pair.server === server) reset(pair)
    })
  }

  const listener = createServer(client => {
    connections += 1
    client.on('error', () => undefined)
    if (refusing) {
      client.resetAndDestroy()
      return
    }
    const pair: Pair = { client, server: connect(port, '127.0.0.1'), losing: undefined }
    pairs.add(pair)
    client.on('data', chunk => fromClient(pair, chunk))
    client.on('close', () => reset(pair))
    attachServer(pair)
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
    loseReplyTo(text, meanwhile = async () => undefined) {
      losing = { text, meanwhile }
    },
    swapServerSides() {
      for (const pair of pairs) {
        const { server } = pair
        pair.server = connect(port, '127.0.0.1')
        attachServer(pair)
        server.resetAndDestroy()
      }
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
