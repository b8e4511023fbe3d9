import { readFile } from 'node:fs/promises'
import type { LimiterEvent } from '@evergrant/core'
import type { CallLimiter } from '@evergrant/core/calls'
import { Redis } from 'ioredis'
import { afterEach } from 'vitest'
import { type RedisLimiterOptions, redisLimiter } from '../../src/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The major of ioredis that the tests run over. */
    major: 5 | 6
  }
}

interface Made {
  readonly limiter: Required<CallLimiter>
  readonly events: LimiterEvent[]
}

/** Five calls a minute: nothing runs out while a busy machine takes its time. */
const FIVE_A_MINUTE = { perSecond: 5, jitterMs: 59_000 }

/** Makes limiters over a server; they are closed after the test. */
export function limiterMaker(): (url: string, options?: Partial<RedisLimiterOptions>) => Made {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map(close => close()))
  })
  return (url, options = {}) => {
    const events: LimiterEvent[] = []
    const client = new Redis(url, { lazyConnect: true })
    const onEvent = (event: LimiterEvent) => events.push(event)
    const limiter = redisLimiter({ client, ...FIVE_A_MINUTE, timeoutMs: 5_000, onEvent, ...options })
    closing.push(() => limiter.close())
    return { limiter, events }
  }
}

let keys = 0

/** A key that no other test uses, also where they share a server. */
export function newKey(): string {
  return `api-${process.pid}-${performance.timeOrigin}-${++keys}`
}

/** Notes, by the server's clock, when calls are counted, for whichever key; until it is closed. */
export async function witness(url: string): Promise<{ readonly at: number[]; close(): void }> {
  const client = new Redis(url)
  const monitor = await client.monitor()
  const at: number[] = []
  monitor.on('monitor', (_time: string, [command, , instant]: string[]) => {
    if (command?.toUpperCase() === 'LPUSH') at.push(Number(instant))
  })
  return {
    at,
    close() {
      monitor.disconnect()
      client.disconnect()
    },
  }
}

/** The user that the README advises, as arguments of `ACL SETUSER`: `limiter`, whose password is `password`. */
export async function readmeRule(): Promise<string[]> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const rule = /ACL SETUSER ([^`]+)/.exec(readme)?.[1]
  if (rule === undefined) throw new Error('The README advises no user.')
  return rule.trim().split(/\s+/)
}
