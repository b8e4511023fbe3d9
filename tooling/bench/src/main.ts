import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { benchesOf } from './benches.ts'
import { machineClass } from './machine-class.ts'
import { markdown, plainText, withSection } from './rendering.ts'

const PAGE = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url))
const RESULTS = fileURLToPath(new URL('../results/latest.json', import.meta.url))

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string', default: RESULTS },
  },
})
const { json } = values
const machine = machineClass()
const results: object[] = []
let page = await readFile(PAGE, 'utf8')

for (const bench of benchesOf(values.only)) {
  process.stdout.write(`\n== ${bench.title}\n\n`)
  const findings = await bench.run()
  process.stdout.write(plainText(findings))
  page = withSection(page, bench.name, markdown(bench, findings, machine))
  results.push({ name: bench.name, ...findings })
}

await mkdir(dirname(json), { recursive: true })
await writeFile(json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`)
await writeFile(PAGE, page)
