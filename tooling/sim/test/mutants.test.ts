import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ALL_MUTANTS } from '../src/mutants/all-mutants.ts'
import type { Finding } from '../src/mutants/finding.ts'
import { type MutantArea, planted } from '../src/mutants/mutant.ts'
import { mutantsPage } from '../src/mutants/mutants-page.ts'
import { DEFAULT_HUNT_SEEDS } from '../src/order.ts'
import { runSeeds } from '../src/run-seeds.ts'
import { runPool } from '../src/sim-pool.ts'

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string) => readFile(fileURLToPath(new URL(path, ROOT)), 'utf8')

/** What the last hunt has found. */
const findings: readonly Finding[] = JSON.parse(await read('tooling/sim/results/mutants.json'))

const AREAS: readonly MutantArea[] = ['lease', 'fence', 'commit', 'freshness', 'wake-up', 'parsing']

describe('the mutants', () => {
  it('have names of their own', () => {
    expect(new Set(ALL_MUTANTS.map(({ name }) => name)).size).toBe(ALL_MUTANTS.length)
  })

  it('are more than twenty, in every area', () => {
    expect(ALL_MUTANTS.length).toBeGreaterThan(20)
    for (const area of AREAS) expect(ALL_MUTANTS.filter(mutant => mutant.area === area)).not.toEqual([])
  })

  it.each(ALL_MUTANTS.map(mutant => [mutant.name, mutant] as const))(
    'still apply to the source: %s',
    async (_, mutant) => {
      const text = await read(mutant.file)
      expect(planted(text, mutant)).not.toBe(text)
    },
  )

  it('are all on the page, which says who caught them', async () => {
    expect(await read('docs/mutants.md')).toBe(mutantsPage(ALL_MUTANTS, findings, DEFAULT_HUNT_SEEDS))
    expect(findings.map(({ name }) => name)).toEqual(ALL_MUTANTS.map(({ name }) => name))
    expect(findings.filter(({ caught }) => caught === undefined)).toEqual([])
  })
})

describe('the simulator', () => {
  it('keeps every promise at the seeds at which it has caught a mutant', async () => {
    const seeds = new Set(findings.flatMap(({ caught }) => (caught?.by === 'simulator' ? [caught.seed] : [])))
    expect(seeds.size).toBeGreaterThan(10)
    for (const from of seeds) expect((await runSeeds({ from, count: 1 })).broken).toEqual([])
  })

  async function caughtAgain(name: string) {
    const mutant = ALL_MUTANTS.find(each => each.name === name)
    const caught = findings.find(each => each.name === name)?.caught
    if (mutant === undefined || caught?.by !== 'simulator') {
      throw new Error(`the simulator has not caught ${name}`)
    }
    const { seed, id } = caught
    const { broken } = await runPool({ from: seed, count: 1 }, { workers: 1, mutant })
    expect(broken).toMatchObject([{ seed, id }])
    return broken[0]
  }

  it.each(['intent-not-written', 'fence-not-raised', 'served-before-saved', 'rest-without-end'])(
    'catches the mutant %s at the seed at which it did before',
    async name => {
      await caughtAgain(name)
    },
  )

  it('does not accept that a grant is lost when nothing that was lost is to blame', async () => {
    expect(await caughtAgain('mark-of-spending-stays')).toMatchObject({
      id: 'P7',
      message: expect.stringContaining('and nothing is lost'),
    })
  })
})
