import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What the network does from now on, to old connections and new ones:
 *
 * - `pass`: carries everything;
 * - `drop_replies`: carries requests, and loses what is answered;
 * - `blackhole`: swallows everything both ways and says nothing; new connections are accepted. A connection that
 *   has lost something in it stays mute for ever, as half open ones do.
 */
export type NetworkMode = 'pass' | 'drop_replies' | 'blackhole'

interface Pair {
  readonly client: Socket
  server: Socket
  /** What to do before the connection is reset in place of the next answer. */
  losing: (() => Promise<unknown>) | undefined
  /** It has been in the black hole. */
  mute: boolean
}

const KEEP_CHARS = 4 * 1024 * 1024

/** A stretch of network on loopback, between a client and a server, that fails on demand. */
export class TcpProxy {
  mode: NetworkMode = 'pass'
  /** How long a reply is under way, in ms. */
  replyDelayMs = 0
  /** How many connections were accepted so far. */
  connections = 0
  /** What clients have sent, as text; a connection's pieces in order. The last 4 MiB. */
  sent = ''
  readonly #listener: Server
  readonly #pairs = new Set<Pair>()
  #targetPort: number
  #refusing = false
  #losing: { readonly text: string; readonly meanwhile: () => Promise<unknown> } | undefined

  constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#listener = createServer(client => this.#accept(client))
  }

  /** Where clients connect to. */
  get port(): number {
    return (this.#listener.address() as { port: number }).port
  }

  /** How many connections stand. */
  get open(): number {
    return this.#pairs.size
  }

  listen(): Promise<void> {
    return new Promise(resolve => this.#listener.listen(0, '127.0.0.1', resolve))
  }

  /** Resets all connections there are. */
  cut(): void {
    for (const pair of this.#pairs) this.#reset(pair)
  }

  /** Refuses new connections from now on, and cuts those there are; `false` takes it back. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing
    if (refusing) this.cut()
  }

  /**
   * Loses the next reply to a request that contains this text, and resets the connection in its place, after
   * `meanwhile` is done.
   */
  loseReplyTo(text: string, meanwhile: () => Promise<unknown> = async () => undefined): void {
    this.#losing = { text, meanwhile }
  }

  /** Has the next connections go to another port. */
  redirect(targetPort: number): void {
    this.#targetPort = targetPort
  }

  /**
   * Gives every connection that stands a new far end, without a word to the client: as a proxy that speaks the
   * protocol does when its own connection to the server is lost.
   */
  swapServerSides(): void {
    for (const pair of this.#pairs) {
      const { server } = pair
      this.#attachServer(pair)
      server.resetAndDestroy()
    }
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise(resolve => this.#listener.close(resolve))
  }

  #accept(client: Socket): void {
    this.connections += 1
    client.on('error', () => undefined)
    if (this.#refusing) {
      client.resetAndDestroy()
      return
    }
    const pair: Pair = { client, server: client, losing: undefined, mute: false }
    this.#pairs.add(pair)
    this.#attachServer(pair)
    client.on('data', chunk => this.#fromClient(pair, chunk))
    client.on('close', () => this.#reset(pair))
  }

  #attachServer(pair: Pair): void {
    const server = connect(this.#targetPort, '127.0.0.1')
    pair.server = server
    server.on('data', chunk => this.#fromServer(pair, chunk))
    server.on('error', () => undefined)
    server.on('close', () => {
      if (pair.server === server) this.#reset(pair)
    })
  }

  #fromClient(pair: Pair, chunk: Buffer): void {
    this.sent = (this.sent + chunk.toString()).slice(-KEEP_CHARS)
    if (this.#losing !== undefined && chunk.includes(this.#losing.text)) {
      pair.losing = this.#losing.meanwhile
      this.#losing = undefined
    }
    if (!this.#isMute(pair)) pair.server.write(chunk)
  }

  #fromServer(pair: Pair, chunk: Buffer): void {
    if (pair.losing !== undefined) {
      const give = () => this.#reset(pair)
      pair.losing().then(give, give)
    } else if (!this.#isMute(pair) && this.mode === 'pass') {
      if (this.replyDelayMs > 0) setTimeout(() => pair.client.write(chunk), this.replyDelayMs)
      else pair.client.write(chunk)
    }
  }

  #isMute(pair: Pair): boolean {
    if (this.mode === 'blackhole') pair.mute = true
    return pair.mute
  }

  #reset(pair: Pair): void {
    this.#pairs.delete(pair)
    for (const socket of [pair.client, pair.server]) socket.resetAndDestroy()
  }
}

/** Starts one in front of a loopback port. */
export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort)
  await proxy.listen()
  return proxy
}
