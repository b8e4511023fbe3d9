import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort, startServer } from '@evergrant/tooling-redis'
import { afterAll, describe, expect, it } from 'vitest'

const STORE = fileURLToPath(new URL('../src/index.ts', import.meta.url))

const locked = await startServer()
await locked.ask('CONFIG', 'SET', 'requirepass', 'secret')
afterAll(() => locked.close())

/** Runs a program in a process of its own that does nothing else, and returns how it ended. */
function run(program: string): Promise<{ code: number; printed: string }> {
  const setup = `import { redisStore } from ${JSON.stringify(STORE)}\n`
  const options = ['--conditions=evergrant-source', '--unhandled-rejections=strict', '--input-type=module']
  return new Promise(resolve => {
    execFile(process.execPath, [...options, '-e', setup + program], { timeout: 30_000 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), printed: stdout.trim() }),
    )
  })
}

describe('a process with nothing else to do', () => {
  it.each([
    ['cannot be reached', async () => `redis://127.0.0.1:${await freePort()}`],
    ['refuses', async () => `redis://127.0.0.1:${locked.port}`],
  ])('comes past the end of a store whose server %s', async (_, url) => {
    const program = `
      const store = redisStore({ url: ${JSON.stringify(await url())} })
      const outcomes = await Promise.allSettled([store.read('x'), store.subscribe('x', () => undefined)])
      // By then the client waits until it connects again.
      for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
      await store.close()
      console.log(outcomes.map(({ status }) => status).join())
    `
    expect(await run(program)).toEqual({ code: 0, printed: 'rejected,rejected' })
  })
})
