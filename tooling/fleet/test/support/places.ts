import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@evergrant/tooling-redis'
import type { WorkerStore } from '../../src/index.ts'

/** Where a fleet keeps its grants, made for one test. */
export interface Place {
  readonly store: WorkerStore
  close(): Promise<void>
}

/** The kinds of places that every fleet test is run in. */
export const PLACES: readonly (readonly [name: string, make: () => Promise<Place>])[] = [
  [
    'on files',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'evergrant-fleet-'))
      return {
        store: { kind: 'file', directory },
        close: () => rm(directory, { recursive: true, force: true }),
      }
    },
  ],
  [
    'on Redis',
    async () => {
      const server = await startServer()
      return { store: { kind: 'redis', url: server.url }, close: () => server.close() }
    },
  ],
]
