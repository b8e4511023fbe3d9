import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admitOnly, allowList } from '@evergrant/allow-list'
import { EvergrantError, fail } from '@evergrant/core'
import type { AgentSource } from './agent-source.ts'
import { admit, type Door } from './gatekeeper.ts'
import { listenOnPort, listenOnSocket } from './listening.ts'
import { type AgentUse, answerTo, type Desk, ofRefusal } from './routes.ts'
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
  /** Called for every token that is handed out, refused or rejected. What it throws refuses the token. */
  readonly onUse?: (use: AgentUse) => void
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
  /** What whoever wants a token sends as a bearer token: 32 characters at least. */
  readonly key: string
  /** What whoever only looks sends, for `/v1/grants` and `/metrics`; another one, of 16 characters at least. */
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
  /** Listens on a port of the loopback address, for whoever has a key. Resolves to the URL. */
  listenOnPort(options: PortOptions): Promise<string>
  /** Ends what is under way, and listens no more. The sources belong to whoever made them, and stay open. */
  close(): Promise<void>
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/
const KEY = /^[\w.~+/=-]+$/
const KEY_CHARACTERS_MIN = 32
const VIEW_KEY_CHARACTERS_MIN = 16

/** Bounds of every server: nobody may hold it up by being slow, and nobody may fill it. */
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
  readonly #servers: Server[] = []
  readonly #onDefect: (error: unknown) => void

  constructor({ grants, metrics, onUse, onDefect }: AgentOptions) {
    const names = Object.keys(grants)
    if (names.length === 0) throw invalid('an agent without grants has nothing to hand out')
    for (const name of names) {
      if (!NAME.test(name))
        throw invalid(`${JSON.stringify(name)} is no name of 1 to 64 characters of A-Za-z0-9._-`)
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
      onUse: use => onUse?.(use),
    }
    this.#onDefect = error => onDefect?.(error)
  }

  async listenOnSocket(path: string): Promise<void> {
    const server = this.#server('socket', { hosts: undefined, keys: undefined })
    await listenOnSocket(server, path)
    this.#servers.push(server)
  }

  async listenOnPort({
    port,
    host = '127.0.0.1',
    allow,
    key,
    viewKey,
    onRefused,
  }: PortOptions): Promise<string> {
    requireKey('key', key, KEY_CHARACTERS_MIN)
    requireKey('viewKey', viewKey, VIEW_KEY_CHARACTERS_MIN)
    if (key === viewKey) throw invalid('key and viewKey are the same; whoever may look would have tokens')
    const hosts = new Set<string>()
    const server = this.#server('port', { hosts, keys: { user: key, viewer: viewKey } })
    admitOnly(server, allowList(allow), onRefused === undefined ? {} : { onRefused })
    await listenOnPort(server, port, host)
    this.#servers.push(server)
    const { port: taken } = server.address() as AddressInfo
    const named = host.includes(':') ? `[${host}]` : host
    for (const name of ['127.0.0.1', 'localhost', '[::1]', named]) hosts.add(`${name}:${taken}`)
    return `http://${named}:${taken}`
  }

  #server(door: AgentUse['door'], rules: Door): Server {
    const server = createServer(LIMITS, (request, response) => {
      this.#serve(request, response, door, rules).catch(() => response.socket?.destroy())
    })
    server.maxConnections = CONNECTIONS_MAX
    return server
  }

  async #serve(request: IncomingMessage, response: ServerResponse, door: AgentUse['door'], rules: Door) {
    const left = new AbortController()
    response.once('close', () => left.abort())
    const role = admit(request, rules)
    const answer =
      typeof role === 'string'
        ? await answerTo({ request, role, door, signal: left.signal }, this.#desk).catch(error =>
            this.#failed(error),
          )
        : ofRefusal(role)
    write(response, answer)
  }

  /** What must not happen is told here, and not to whoever asked: it may be about others. */
  #failed(error: unknown): Answer {
    this.#onDefect(error)
    const description = 'The agent failed; its own output says more.'
    return { status: 500, body: { error: 'agent_failed', error_description: description, kind: 'retry' } }
  }

  async close(): Promise<void> {
    for (const grant of this.#desk.grants.values()) grant.close()
    await Promise.all(
      this.#servers.splice(0).map(server => {
        const closed = new Promise<void>(resolve => server.close(() => resolve()))
        server.closeAllConnections()
        return closed
      }),
    )
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
  if (typeof key === 'string' && key.length >= least && KEY.test(key)) return
  throw invalid(`${name} is not ${least} or more characters of A-Za-z0-9 and -._~+/=`)
}

function invalid(problem: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${problem}.` }))
}
