import type { Change, Entry, WriteResult } from '@evergrant/core'
import { HonestStore, type Row } from './honest-store.ts'
import type { Saboteur } from './saboteurs.ts'

const STALE_MS = 60

/** Goes on showing what it has seen for a while, and says so. What makes it forget is left to its heirs. */
class CachingStore extends HonestStore {
  override readonly traits = { scope: 'host', durable: false, evicts: false, staleMsMax: STALE_MS } as const
  readonly seen = new Map<string, { readonly row: Row | undefined; readonly seenAt: number }>()

  override async read(key: string): Promise<Entry | undefined> {
    this.assertOpen()
    const copy = this.seen.get(key)
    if (copy?.row !== undefined && this.data.now - copy.seenAt < STALE_MS) return this.entryOf(copy.row)
    this.learn(key)
    return super.read(key)
  }

  override async write(key: string, change: Change): Promise<WriteResult> {
    const result = await super.write(key, change)
    if (result.written) this.onWritten(key, change)
    else this.onRefused(key)
    return result
  }

  override async subscribe(key: string, onChange: () => void) {
    return super.subscribe(key, () => {
      this.onHint(key)
      onChange()
    })
  }

  learn(key: string): void {
    this.seen.set(key, { row: this.row(key), seenAt: this.data.now })
  }

  onWritten(key: string, _change: Change): void {
    this.learn(key)
  }

  onRefused(key: string): void {
    this.learn(key)
  }

  onHint(key: string): void {
    this.seen.delete(key)
  }
}

/** Stores with a flaw that caches are prone to. */
export const FORGETFUL: readonly Saboteur[] = [
  { flaw: 'caches, but forgets in time', fails: [], make: CachingStore },
  {
    flaw: 'caches, and does not learn from refusals',
    fails: ['shown.forward', 'peer.no-lost-update'],
    make: class extends CachingStore {
      override onRefused() {}
    },
  },
  {
    flaw: 'caches, and does not learn from hints',
    fails: ['hint.read'],
    make: class extends CachingStore {
      override onHint() {}
    },
  },
  {
    flaw: 'caches, and does not notice its own deletions',
    fails: ['shown.own', 'cas.delete'],
    make: class extends CachingStore {
      override onWritten(key: string, change: Change) {
        if (change.value !== undefined) this.learn(key)
      }
    },
  },
  {
    flaw: 'forgets its subscribers with the key',
    fails: ['hint.write', 'hint.peer'],
    make: class extends HonestStore {
      override put(key: string, change: Change, row: Row | undefined, version: Row['version']) {
        super.put(key, change, row, version)
        if (change.value !== undefined) return
        this.tell(key)
        this.data.subscribers.delete(key)
      }
    },
  },
  {
    flaw: 'hides what has expired from reads only',
    fails: ['retain.anew'],
    make: class extends HonestStore {
      override row(key: string) {
        return this.data.rows.get(key)
      }
      override async read(key: string) {
        const gone = (this.row(key)?.goneAt ?? 0) <= this.data.now
        return gone && !this.closed ? undefined : super.read(key)
      }
    },
  },
]
