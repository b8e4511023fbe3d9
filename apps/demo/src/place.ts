import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Place } from './crew-message.ts'

/** A place for the crew's grant that can be put out of reach. */
export interface ShowPlace {
  readonly place: Place
  /** How it is called in the show. */
  readonly title: string
  /** Puts it out of reach, or within reach again. */
  reach(reachable: boolean): Promise<void>
  close(): Promise<void>
}

/** A directory of its own; or the Redis that `REDIS_URL` names, behind a wire that can be cut. */
export function showPlace(redisUrl: string | undefined): Promise<ShowPlace> {
  return redisUrl === undefined ? inDirectory() : onRedis(new URL(redisUrl))
}

async function inDirectory(): Promise<ShowPlace> {
  const home = await mkdtemp(join(tmpdir(), 'evergrant-demo-'))
  const directory = join(home, 'grants')
  const hidden = join(home, 'hidden')
  let away = false
  return {
    place: { kind: 'file', directory },
    title: 'a directory on this machine',
    async reach(reachable) {
      if (reachable === !away) return
      // Something else stands in its place meanwhile, so that nobody makes a new one.
      if (reachable) {
        await rm(directory)
        await rename(hidden, directory)
      } else {
        await rename(directory, hidden)
        await writeFile(directory, '')
      }
      away = !reachable
    },
    close: () => rm(home, { recursive: true, force: true }),
  }
}

async function onRedis(url: URL): Promise<ShowPlace> {
  const sockets = new Set<Socket>()
  let cut = false
  const wire: Server = createServer(client => {
    if (cut) {
      client.destroy()
      return
    }
    const server = connect(Number(url.port || 6379), url.hostname)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
    }
  })
  await new Promise<void>(resolve => wire.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((wire.address() as { port: number }).port)
  const sever = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    place: { kind: 'redis', url: through.href },
    title: `Redis at ${url.host}`,
    async reach(reachable) {
      cut = !reachable
      if (cut) sever()
    },
    async close() {
      sever()
      await new Promise(resolve => wire.close(resolve))
    },
  }
}
