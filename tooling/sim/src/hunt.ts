import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ALL_MUTANTS } from './mutants/all-mutants.ts'
import type { Catch, Finding } from './mutants/finding.ts'
import type { Mutant } from './mutants/mutant.ts'
import { mutantsPage } from './mutants/mutants-page.ts'
import { failingTest } from './mutants/run-tests.ts'
import { type Order, UsageError } from './order.ts'
import type { Output } from './output.ts'
import { runPool } from './sim-pool.ts'

const PAGE = fileURLToPath(new URL('../../../docs/mutants.md', import.meta.url))
const RESULTS = new URL('../results/', import.meta.url)
const FINDINGS = new URL('mutants.json', RESULTS)

/** Plants one bug after the other and says who catches it. Returns whether all of them were caught. */
export async function hunt(order: Extract<Order, { do: 'mutants' }>, output: Output): Promise<boolean> {
  const findings: Finding[] = []
  for (const mutant of chosen(order.names)) {
    const caught = await whoCatches(mutant, order)
    const finding = { name: mutant.name, caught }
    findings.push(finding)
    output.write(`${mutant.name.padEnd(34)} ${catchText(caught)}\n`)
    // At once: a hunt takes its time, and may be ended.
    if (order.writes) await writeDown(finding, order.count)
  }
  const free = findings.filter(({ caught }) => caught === undefined)
  output.write(`\n${findings.length - free.length} of ${findings.length} mutants were caught.\n`)
  return free.length === 0
}

/** Puts a finding in the place of the earlier one about the same mutant, and draws the page anew. */
async function writeDown(finding: Finding, schedules: number): Promise<void> {
  await mkdir(RESULTS, { recursive: true })
  const text = await readFile(FINDINGS, 'utf8').catch(() => '[]')
  const earlier: readonly Finding[] = JSON.parse(text)
  const known = new Map([...earlier, finding].map(each => [each.name, each]))
  const findings = ALL_MUTANTS.flatMap(({ name }) => known.get(name) ?? [])
  await writeFile(FINDINGS, `${JSON.stringify(findings, undefined, 2)}\n`)
  await writeFile(PAGE, mutantsPage(ALL_MUTANTS, findings, schedules))
}

function chosen(names: readonly string[]): readonly Mutant[] {
  for (const name of names) {
    if (!ALL_MUTANTS.some(mutant => mutant.name === name))
      throw new UsageError(`there is no mutant "${name}"`)
  }
  return names.length === 0 ? ALL_MUTANTS : ALL_MUTANTS.filter(({ name }) => names.includes(name))
}

/** The simulator is asked first; the tests that a mutant names, when it has found nothing. */
async function whoCatches(
  mutant: Mutant,
  { count, workers }: { readonly count: number; readonly workers: number },
): Promise<Catch | undefined> {
  const { broken } = await runPool({ from: 1, count }, { workers, mutant })
  const [first] = broken
  if (first !== undefined) return { by: 'simulator', ...first }
  if (mutant.tests === undefined) return undefined
  const title = await failingTest(mutant, mutant.tests)
  return title === undefined ? undefined : { by: 'test', file: mutant.tests, title }
}

function catchText(caught: Catch | undefined): string {
  if (caught === undefined) return 'NOT CAUGHT'
  if (caught.by === 'test') return `${caught.file}: ${caught.title}`
  return `seed ${caught.seed}, ${caught.id}: ${caught.message}`
}
