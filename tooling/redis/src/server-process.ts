import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { eventually } from './eventually.ts'
import { guardFolder, guardProcess, releaseProcess } from './guard.ts'
import { serverProgram } from './server-program.ts'

/** A server of one's own, on loopback. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  /** Where it keeps its files. */
  readonly folder: string
  readonly pid: number
  /** Asks the server, over a connection of its own, as the default user. */
  ask(command: string, ...args: readonly (string | number)[]): Promise<unknown>
  /** Stops it in its tracks (SIGSTOP): connections stay open and nothing is answered. */
  pause(): void
  /** Lets it go on (SIGCONT). */
  resume(): void
  /** Ends it at once (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>
  /**
   * Starts it again, on the same port with the same files, after it was killed; resolves when it answers, or,
   * with `loading`, as soon as it answers that it is loading its data.
   */
  start(until?: 'ready' | 'loading'): Promise<void>
  /** Ends it, if need be, and removes its files. */
  close(): Promise<void>
}

export interface ServerOptions {
  /** Lines of its configuration file, after those that all test servers have. */
  readonly config?: readonly string[]
  /** Start it as a Sentinel. */
  readonly sentinel?: boolean
}

/** Ports below those that the system gives to outgoing connections, so that a restart finds its port free. */
const PORT_MIN = 20_000
const PORTS = 12_000
const PORT_ATTEMPTS = 50
let nextPort = process.pid * 37

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < PORTS; i++) {
    const port = PORT_MIN + (nextPort++ % PORTS)
    if (await isFree(port)) return port
  }
  throw new Error('There is no free port.')
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** Starts a server in an empty folder on a free port; resolves when it answers. */
export async function startServer(options: ServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-redis-'))
  guardFolder(folder)
  for (let attempt = 1; ; attempt++) {
    const server = new ServerProcess(await freePort(), folder, options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.kill()
      // Somebody else may have taken the port in between.
      if (attempt === PORT_ATTEMPTS || !String(error).includes('in use')) {
        await server.close()
        throw error
      }
    }
  }
}

const COMMON = [
  'bind 127.0.0.1',
  'protected-mode no',
  'daemonize no',
  'save ""',
  'appendonly no',
  // A test server is not worth the disk's time.
  'appendfsync everysec',
  'repl-diskless-sync-delay 0',
]

class ServerProcess implements RedisServer {
  readonly port: number
  readonly folder: string
  readonly #options: ServerOptions
  #child: ChildProcess | undefined
  #output = ''

  constructor(port: number, folder: string, options: ServerOptions) {
    this.port = port
    this.folder = folder
    this.#options = options
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('The server does not run.')
    return pid
  }

  async start(until: 'ready' | 'loading' = 'ready'): Promise<void> {
    const { path, argv0 } = await serverProgram()
    const { config = [], sentinel = false } = this.#options
    const file = join(this.folder, 'server.conf')
    // A Sentinel rewrites its file; after that it is the truth.
    if (!sentinel || this.#output === '') await writeFile(file, this.#configuration(config))
    const args = [file, ...(sentinel ? ['--sentinel'] : [])]
    this.#output = ''
    const child = spawn(path, args, { argv0, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    if (child.pid === undefined) throw new Error(`The server at ${path} cannot be started.`)
    const { pid } = child
    guardProcess(pid)
    child.once('exit', () => releaseProcess(pid))
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => this.#note(chunk))
    await eventually('the server answers', async () => {
      if (child.exitCode !== null) return true
      const reply = await this.ask('PING').catch(error => String(error))
      return until === 'ready' ? reply === 'PONG' : String(reply).includes('LOADING')
    })
    if (child.exitCode !== null) throw new Error(`The server has ended:\n${this.#output}`)
  }

  #configuration(config: readonly string[]): string {
    const { sentinel = false } = this.#options
    const common = sentinel ? ['bind 127.0.0.1', 'protected-mode no', 'daemonize no'] : COMMON
    return [...common, `port ${this.port}`, `dir ${this.folder}`, ...config, ''].join('\n')
  }

  #note(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString()).slice(-8_192)
  }

  async ask(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.port,
      lazyConnect: true,
      retryStrategy: () => null,
      enableReadyCheck: false,
      disableClientInfo: true,
      connectTimeout: 2_000,
      commandTimeout: 5_000,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.call(command, ...args)
    } finally {
      client.disconnect()
    }
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async close(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}
