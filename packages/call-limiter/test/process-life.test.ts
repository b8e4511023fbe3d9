import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type RedisServer, startServer } from '@evergrant/tooling-redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const LIMITER = fileURLToPath(new URL('../src/index.ts', import.meta.url))

let redis: RedisServer

beforeAll(async () => {
  redis = await startServer()
})
afterAll(() => redis.close())

/** Runs a program in a process of its own that does nothing else, and returns how it ended. */
function run(program: string): Promise<{ code: number; printed: string }> {
  const setup = `
    import { memoryLimiter, redisLimiter } from ${JSON.stringify(LIMITER)}
    import { Redis } from ${JSON.stringify(import.meta.resolve('ioredis'))}
    const redis = () => new Redis(${JSON.stringify(redis.url)}, { lazyConnect: true })
  `
  const options = ['--conditions=evergrant-source', '--unhandled-rejections=strict', '--input-type=module']
  return new Promise(resolve => {
    execFile(process.execPath, [...options, '-e', setup + program], { timeout: 30_000 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), printed: stdout.trim() }),
    )
  })
}

describe('a process with nothing else to do', () => {
  it('lives on while a caller waits for its turn', async () => {
    const program = `
      const limiter = memoryLimiter({ perSecond: 2 })
      for (let i = 0; i < 3; i++) await limiter.admit('x', { waitMsMax: 5_000 })
      console.log('done')
    `
    expect(await run(program)).toEqual({ code: 0, printed: 'done' })
  })

  it('ends though nobody has closed a limit in memory', async () => {
    const program = `
      const limiter = memoryLimiter({ perSecond: 1 })
      limiter.slowDown('x', 60_000)
      limiter.admit('x', { waitMsMax: 0 }).catch(() => console.log('turned away'))
    `
    expect(await run(program)).toEqual({ code: 0, printed: 'turned away' })
  })

  it('ends when a limit in Redis was never used, or is closed', async () => {
    const program = `
      redisLimiter({ client: redis(), perSecond: 1 })
      const limiter = redisLimiter({ client: redis(), perSecond: 1 })
      await limiter.admit('x', { waitMsMax: 0 })
      await limiter.close()
      console.log('closed')
    `
    expect(await run(program)).toEqual({ code: 0, printed: 'closed' })
  })
})
