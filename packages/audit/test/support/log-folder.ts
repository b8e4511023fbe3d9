import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const made: string[] = []
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true })
})

/** A directory for a log, which is gone after the test. */
export async function logFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'evergrant-audit-'))
  made.push(parent)
  return join(parent, 'log')
}

/** The parts of the logs of a directory, in their order. */
export async function partsOf(folder: string): Promise<string[]> {
  const files = await readdir(folder)
  return files.filter(file => file.endsWith('.jsonl')).sort()
}

export async function linesOf(folder: string, part = 0): Promise<string[]> {
  const file = (await partsOf(folder))[part] ?? ''
  return (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n')
}

export async function rewrite(folder: string, lines: readonly string[], part = 0): Promise<void> {
  const file = (await partsOf(folder))[part] ?? ''
  await writeFile(join(folder, file), lines.map(line => `${line}\n`).join(''))
}
