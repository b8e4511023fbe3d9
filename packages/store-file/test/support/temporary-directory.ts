import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

afterAll(async () => {
  await Promise.all(made.splice(0).map(folder => rm(folder, { recursive: true, force: true })))
})

/** A path in a fresh folder, at which there is nothing yet. Removed after the tests of the file. */
export async function temporaryDirectory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-store-file-'))
  made.push(folder)
  return join(folder, 'store')
}
