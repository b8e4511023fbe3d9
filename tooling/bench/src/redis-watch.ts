import { Redis } from 'ioredis'

/** Counts the commands that clients send to a Redis server; what their scripts do inside of it does not count. */
export interface RedisWatch {
  /** The commands that clients have sent since the last call and until this one, in the order of their coming. */
  taken(): Promise<readonly string[]>
  close(): void
}

export async function redisWatch(url: string): Promise<RedisWatch> {
  const client = new Redis(url)
  const monitor = await client.monitor()
  let seen: string[] = []
  let markers = 0
  const reached = new Map<string, () => void>()
  monitor.on('monitor', (_at: string, [command = '', argument = '']: string[], source: string) => {
    if (source === 'lua') return
    const arrived = reached.get(argument)
    if (arrived === undefined) seen.push(command.toLowerCase())
    else arrived()
  })
  return {
    async taken() {
      const text = `marker-${++markers}`
      const arrived = new Promise<void>(resolve => reached.set(text, resolve))
      await client.echo(text)
      await arrived
      const commands = seen
      seen = []
      return commands
    },
    close() {
      client.disconnect()
      monitor.disconnect()
    },
  }
}
