import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admitOnly, allowList } from '@evergrant/allow-list'
import { EvergrantError, type Failure, fail } from '@evergrant/core'
import type { AgentSource } from './agent-source.ts'
import type { AgentUse } from './agent-use.ts'
import { admit, type Door } from './gatekeeper.ts'
import { invalidOption } from './invalid-option.ts'
import { listenOnPort, listenOnSocket } from './listening.ts'
import { answerTo, type Desk, ofRefusal } from './routes.ts'
import type { Answer } from './token-answer.ts'
import { WatchedGrant } from './watched-grant.ts'

/** A grant that an agent serves. */
export interface AgentGrant {
  readonly source: AgentSource
  /** Whose tokens they are, for people who look at the dashboard. Its name by default. */
  readonly label?: string
}

export interface AgentOptions {
  /** By name, of 1 to 64 characters of `A-Za-z0-9._-`: one at least. The one called `default` is what `/v1/token` is of. */
  readonly grants: Readonly<Record<string, AgentGrant>>
  /** Metrics in the text format of Prometheus, for `/metrics`. Absent: there is no such page. */
  readonly metrics?: () => Promise<string>
  /** Says a failure in Chinese, for the dashboard; `undefined` for one that it does not know. Absent: advice and messages. */
  readonly inChinese?: (failure: Failure) => string | undefined
  /** Called for every token before it is handed out, or rejected, and when there is none. What it throws refuses the token. */
  readonly onUse?: (use: AgentUse) => unknown
  /** Called for what must not happen: a source, or the metrics, that fail in a way of their own. */
  readonly onDefect?: (error: unknown) => void
}

export interface PortOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** 127.0.0.1 by default. */
  readonly host?: string
  /** Who may connect, as ranges of addresses. This machine alone by default. */
  readonly allow?: readonly string[]
  /** What whoever wants a token sends as a bearer token: 32 to 1,024 characters. */
  readonly key: string
  /** What whoever only looks sends, for `/v1/grants` and `/metrics`; another one, of 16 to 1,024 characters. */
  readonly viewKey: string
  /** Called for a connection that is turned away. */
  readonly onRefused?: (address: string) => void
}

/** Hands tokens to programs on this machine, in whatever language. */
export interface TokenAgent extends AsyncDisposable {
  /**
   * Listens on a Unix domain socket for whoever may open it: its folder must be one that others cannot enter. What an agent
   * that was killed has left there is replaced.
   */
  listenOnSocket(path: string): Promise<void>
  /** Listens on a port, of the loopback address by default, for whoever has a key. Resolves to the URL. */
  listenOnPort(options: PortOptions): Promise<string>
  /** Ends what is under way, and listens no more. The sources belong to whoever made them, and stay open. */
  close(): Promise<void>
}

const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/
const KEY = /^[\w.~+/=-]+$/
const KEY_CHARACTERS_MIN = 32
const VIEW_KEY_CHARACTERS_MIN = 16
const KEY_CHARACTERS_MAX = 1_024

/** Bounds of every server: nobody holds it up by being slow, and a flood ends at a number. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 8_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
} as const
const CONNECTIONS_MAX = 1_000

/**
 * An agent over open sources. It hands out access tokens, and nothing that would outlive them: no refresh token and no
 * secret. Throws an `EvergrantError` of code `invalid_option` for grants without a name that it can have in a path.
 */
export function tokenAgent(options: AgentOptions): TokenAgent {
  return new Agent(options)
}

class Agent implements TokenAgent {
  readonly #desk: Desk
  /** What listens, or is about to, and how it ends. */
  readonly #doors = new Map<Server, () => Promise<void>>()
  readonly #onDefect: (error: unknown) => unknown
  #closed = false

  constructor({ grants, metrics, inChinese, onUse, onDefect }: AgentOptions) {
    const names = Object.keys(grants)
    if (names.length === 0) throw invalidOption('an agent without grants has nothing to hand out')
    for (const name of names) {
      const shown = JSON.stringify(name.slice(0, 70))
      if (!NAME.test(name)) throw invalidOption(`${shown} is no name of 1 to 64 characters of A-Za-z0-9._-`)
    }
    this.#desk = {
      grants: new Map(
        Object.entries(grants).map(([name, { source, label = name }]) => [
          name,
          new WatchedGrant(name, source, label),
        ]),
      ),
      startedAt: Date.now(),
      metrics,
      inChinese,
      onUse: async use => onUse?.(use),
    }
    this.#onDefect = error => onDefect?.(error)
  }

  async listenOnSocket(path: string): Promise<void> {
    const server = this.#server({ kind: 'socket', keys: undefined })
    await this.#open(server, () => listenOnSocket(server, path))
  }

  async listenOnPort(options: PortOptions): Promise<string> {
    const { port, host = '127.0.0.1', allow, key, viewKey, onRefused } = options
    requireKey('key', key, KEY_CHARACTERS_MIN)
    requireKey('viewKey', viewKey, VIEW_KEY_CHARACTERS_MIN)
    if (key === viewKey)
      throw invalidOption('key and viewKey are the same; whoever may look would have tokens')
    const server = this.#server({ kind: 'port', keys: { user: key, viewer: viewKey } })
    admitOnly(server, allowList(allow), onRefused === undefined ? {} : { onRefused })
    await this.#open(server, () => listenOnPort(server, port, host))
    const { port: taken } = server.address() as AddressInfo
    return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${taken}`).origin
  }

  /** Has a server listen, unless the agent was closed, or is while it begins. */
  async #open(server: Server, listen: () => Promise<void | (() => Promise<void>)>): Promise<void> {
    if (this.#closed) throw new EvergrantError(fail('closed'))
    this.#doors.set(server, async () => undefined)
    try {
      const stop = await listen()
      if (stop !== undefined) this.#doors.set(server, stop)
      // A connection that fails by itself is no matter of the others.
      server.on('error', error => this.#tell(error))
    } catch (error) {
      this.#doors.delete(server)
      server.close()
      throw error
    }
    if (!this.#closed) return
    await this.#shut(server)
    throw new EvergrantError(fail('closed'))
  }

  #server(door: Door): Server {
    const server = createServer(LIMITS, (request, response) => {
      this.#serve(request, response, door).catch(() => response.socket?.destroy())
    })
    server.maxConnections = CONNECTIONS_MAX
    return server
  }

  async #serve(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
    const left = new AbortController()
    response.once('close', () => left.abort())
    const role = admit(request, door)
    if (typeof role !== 'string') return write(response, ofRefusal(role))
    const visit = { request, role, door: door.kind, signal: left.signal }
    write(response, await answerTo(visit, this.#desk).catch(error => this.#failed(error, left.signal)))
  }

  /** What must not happen is told here, and not to whoever asked: it may be about others. */
  #failed(error: unknown, { aborted }: AbortSignal): Answer {
    // Whoever has left is no defect, whatever that has brought about.
    if (!aborted) this.#tell(error)
    const description = 'The agent failed; its own output says more.'
    return { status: 500, body: { error: 'agent_failed', error_description: description } }
  }

  #tell(error: unknown): void {
    // A listener is a guest: what it throws must not end the agent, at once or later.
    Promise.resolve(error)
      .then(this.#onDefect)
      .catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const grant of this.#desk.grants.values()) grant.close()
    await Promise.all(
      [...this.#doors.keys()].filter(server => server.listening).map(server => this.#shut(server)),
    )
  }

  async #shut(server: Server): Promise<void> {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
    await this.#doors.get(server)?.()
    this.#doors.delete(server)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  const text = body === undefined || typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    // RFC 6749 §5.1: a token is for whoever asked, and for no cache on the way.
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

function requireKey(name: string, key: string, least: number): void {
  const isLong = typeof key === 'string' && key.length >= least && key.length <= KEY_CHARACTERS_MAX
  if (isLong && KEY.test(key)) return
  throw invalidOption(`${name} is not ${least} to ${KEY_CHARACTERS_MAX} characters of A-Za-z0-9 and -._~+/=`)
}
