import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { baiduSandbox } from '@evergrant/testkit'
import { startServer } from '@evergrant/tooling-redis'
import { describe, expect, it } from 'vitest'
import { mostWithin } from './support/limits.ts'
import { witness } from './support/redis.ts'

const CALLER = fileURLToPath(new URL('./support/caller.ts', import.meta.url))
const run = promisify(execFile)

/** Runs one process of a fleet. */
async function caller(
  ...args: readonly (string | number)[]
): Promise<{ answered: number; exceeded: number }> {
  // What this package stands on is taken as it was built: reading sources takes a process longer than all else.
  const { stdout } = await run(process.execPath, [CALLER, ...args.map(String)])
  return JSON.parse(stdout)
}

describe('several processes on one Redis', () => {
  it('keep to one limit, whatever each of them would like to do', async ({ annotate }) => {
    const perSecond = 10
    const sandbox = await baiduSandbox({ qps: perSecond })
    const redis = await startServer()
    const { at, close } = await witness(redis.url)
    const { apiKey, secretKey } = sandbox.app
    const ends = await Promise.all(
      [1, 2, 3].map(() => caller(redis.url, sandbox.url, apiKey, secretKey, perSecond, 15)),
    )
    close()
    await redis.close()
    await sandbox.close()
    expect(ends.map(({ answered }) => answered)).toEqual([15, 15, 15])
    expect(mostWithin(at, 1_000)).toBeLessThanOrEqual(perSecond)
    // Some calls may overtake others by more than is allowed for where a machine is busy; the limit heals that.
    const exceeded = ends.reduce((sum, end) => sum + end.exceeded, 0)
    await annotate(`${exceeded} of ${at.length} calls were refused by the API.`)
    expect(exceeded).toBeLessThan(at.length / 2)
  })
})
