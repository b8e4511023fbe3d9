import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Where files are held in memory on Linux: how long a disk takes to save something is nothing to a layer. */
const MEMORY = '/dev/shm'

function base(): string {
  try {
    accessSync(MEMORY, constants.R_OK | constants.W_OK | constants.X_OK)
    return MEMORY
  } catch {
    return tmpdir()
  }
}

/** A path in a fresh folder, at which there is nothing yet. Removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const folder = await mkdtemp(join(base(), 'evergrant-store-layers-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'store')
}
