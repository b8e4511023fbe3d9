import type { Store } from '@evergrant/core'
import { fileStore } from '@evergrant/store-file'
import { redisStore } from '@evergrant/store-redis'
import type { WorkerStore } from './worker-message.ts'

/** The store that a worker was told to use. */
export function openStore(store: WorkerStore): Store {
  switch (store.kind) {
    case 'file':
      return fileStore({ directory: store.directory })
    case 'redis':
      return redisStore({ url: store.url })
    case 'sentinel': {
      const { port, name } = store
      return redisStore({ connection: { sentinels: [{ host: '127.0.0.1', port }], name } })
    }
  }
}
