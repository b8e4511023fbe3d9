import type { Store } from '@evergrant/core'
import { conformance } from '@evergrant/store-conformance'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { fileStore } from '../src/index.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const directories = new Map<Store, string>()

function open(directory: string): Store {
  const store = fileStore({ directory })
  directories.set(store, directory)
  return store
}

describe('the file store conforms: it', () => {
  // The clocks of the host, which stand unless they are moved.
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date', 'hrtime'] })
  })
  afterAll(() => {
    vi.useRealTimers()
  })
  const subject = {
    open: async () => open(await temporaryDirectory()),
    openPeer: (store: Store) => open(directories.get(store) ?? ''),
    async pass(ms: number) {
      vi.advanceTimersByTime(ms)
    },
  }
  for (const { title, run } of conformance(subject)) {
    it(title, async ({ annotate }) => {
      const reason = await run()
      if (reason !== undefined) await annotate(reason, 'not applicable')
    })
  }
})
