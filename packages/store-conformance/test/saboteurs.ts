import type { Change, Entry, Version, WriteResult } from '@evergrant/core'
import { type Data, type Hear, HonestStore, type Row } from './honest-store.ts'

/** A store with one flaw, and the clauses that must find it: exactly these, no other. */
export interface Saboteur {
  readonly flaw: string
  readonly fails: readonly string[]
  readonly make: new (data?: Data) => HonestStore
}

const RACES = ['race.create', 'race.replace', 'race.no-lost-update', 'peer.no-lost-update']

export const SABOTEURS: readonly Saboteur[] = [
  {
    flaw: 'has an empty entry for a key it has never heard of',
    fails: ['read.absent'],
    make: class extends HonestStore {
      override async read(key: string) {
        const unheard = this.data.writes === 0
        return unheard ? { value: '', version: 'v0' as Version } : super.read(key)
      }
    },
  },
  {
    flaw: 'reads the version of a key as it was before a restart would have shown it',
    fails: ['read.written', 'cas.create-once', 'peer.sees', 'shown.own'],
    make: class extends HonestStore {
      override entryOf(row: Row): Entry {
        const entry = super.entryOf(row)
        return row.value === 'one' ? { ...entry, version: `${entry.version}?` as Version } : entry
      }
    },
  },
  {
    flaw: 'creates over what exists, as a plain SET does',
    fails: ['cas.create-once', 'value.opaque', 'race.create', 'time.everywhere-or-nowhere'],
    make: class extends HonestStore {
      override accepts(row: Row | undefined, change: Change) {
        return change.expected === undefined || super.accepts(row, change)
      }
    },
  },
  {
    flaw: 'refuses to replace what exists',
    fails: [
      'cas.replace',
      'cas.stale',
      'cas.delete',
      'version.fresh',
      'race.replace',
      'race.no-lost-update',
      'time.stored-at',
      'time.passes',
      'retain.latest',
      'peer.sees',
      'peer.no-lost-update',
      'hint.version',
      'hint.several',
      'shown.forward',
      'hint.read',
      'retain.anew',
    ],
    make: class extends HonestStore {
      override accepts(row: Row | undefined, change: Change) {
        return super.accepts(row, change) && (row === undefined || change.value === undefined)
      }
    },
  },
  {
    flaw: 'replaces whatever version is there',
    fails: [
      'cas.stale',
      'race.replace',
      'race.no-lost-update',
      'peer.sees',
      'peer.no-lost-update',
      'shown.forward',
    ],
    make: class extends HonestStore {
      override accepts(row: Row | undefined, change: Change) {
        const replacing = change.expected !== undefined && change.value !== undefined
        return replacing && row !== undefined ? true : super.accepts(row, change)
      }
    },
  },
  {
    flaw: 'replaces a key that has vanished',
    fails: ['cas.vanished', 'retain.anew'],
    make: class extends HonestStore {
      override accepts(row: Row | undefined, change: Change) {
        return row === undefined || super.accepts(row, change)
      }
    },
  },
  {
    flaw: 'deletes whatever version is there',
    fails: ['cas.delete'],
    make: class extends HonestStore {
      override accepts(row: Row | undefined, change: Change) {
        return change.value === undefined || super.accepts(row, change)
      }
    },
  },
  {
    flaw: 'lists its keys in lower case',
    fails: ['keys.all'],
    make: class extends HonestStore {
      override async *keys() {
        for await (const key of super.keys()) yield key.toLowerCase()
      }
    },
  },
  {
    flaw: 'makes the version from the content, as a weak ETag',
    fails: ['version.fresh'],
    make: class extends HonestStore {
      override nextVersion(key: string, change: Change) {
        super.nextVersion(key, change)
        return `hash of ${change.value}` as Version
      }
    },
  },
  {
    flaw: 'counts versions per key from the beginning after a delete',
    fails: ['version.fresh'],
    make: class extends HonestStore {
      override nextVersion(key: string, change: Change) {
        super.nextVersion(key, change)
        return String(Number(this.row(key)?.version ?? 0) + 1) as Version
      }
    },
  },
  {
    flaw: 'looks first and writes later',
    fails: RACES,
    make: class extends HonestStore {
      override async write(key: string, change: Change): Promise<WriteResult> {
        const row = this.row(key)
        await new Promise(resolve => setImmediate(resolve))
        this.accepts = (_, { expected }) => row?.version === expected
        return super.write(key, change).finally(() => {
          this.accepts = HonestStore.prototype.accepts
        })
      }
    },
  },
  {
    flaw: 'shows a loser what was there before the race',
    fails: ['race.create', 'race.replace'],
    make: class extends HonestStore {
      override async write(key: string, change: Change): Promise<WriteResult> {
        const row = this.row(key)
        const before = row && this.entryOf(row)
        await Promise.resolve()
        const result = await super.write(key, change)
        return result.written ? result : { written: false, entry: before }
      }
    },
  },
  {
    flaw: 'trims what it stores',
    fails: ['value.opaque'],
    make: class extends HonestStore {
      override put(key: string, change: Change, row: Row | undefined, version: Version) {
        super.put(key, { ...change, value: change.value?.trim() }, row, version)
      }
    },
  },
  {
    flaw: 'does not tell upper from lower case in keys',
    fails: ['key.apart', 'keys.all'],
    make: class extends HonestStore {
      override read(key: string) {
        return super.read(key.toLowerCase())
      }
      override write(key: string, change: Change) {
        return super.write(key.toLowerCase(), change)
      }
    },
  },
  {
    flaw: 'fails on a retention that has passed, as Redis does with PX 0',
    fails: ['retain.any'],
    make: class extends HonestStore {
      override async write(key: string, change: Change) {
        if ((change.retainUntil ?? this.data.now + 1) <= this.data.now) throw new Error('invalid expire time')
        return super.write(key, change)
      }
    },
  },
  {
    flaw: 'keeps the retention of the first write',
    fails: ['retain.latest'],
    make: class extends HonestStore {
      override goneAt(row: Row | undefined, change: Change) {
        return row?.goneAt ?? super.goneAt(row, change)
      }
    },
  },
  {
    flaw: 'does not tell the time when it refuses',
    fails: ['time.everywhere-or-nowhere'],
    make: class extends HonestStore {
      override async write(key: string, change: Change): Promise<WriteResult> {
        const result = await super.write(key, change)
        if (result.written || result.entry === undefined) return result
        const { value, version } = result.entry
        return { written: false, entry: { value, version } }
      }
    },
  },
  {
    flaw: 'takes every read for a new writing',
    fails: ['time.stored-at', 'time.passes'],
    make: class extends HonestStore {
      override entryOf(row: Row): Entry {
        this.data.now += 1
        return { ...super.entryOf(row), time: { storedAt: this.data.now, asOf: this.data.now } }
      }
    },
  },
  {
    flaw: 'counts the age from the creation of the key',
    fails: ['time.passes'],
    make: class extends HonestStore {
      override entryOf(row: Row): Entry {
        const born = Number(row.version.slice(1)) > 1 ? row.storedAt - 60 : row.storedAt
        const late = this.data.now > 1_700_000_000_000
        return { ...super.entryOf(row), time: { storedAt: late ? born : row.storedAt, asOf: this.data.now } }
      }
    },
  },
  {
    flaw: 'shows other processes what it has seen before',
    fails: ['peer.sees', 'peer.no-lost-update', 'shown.forward', 'hint.read'],
    make: class extends HonestStore {
      readonly seen = new Map<string, Row | undefined>()
      override async write(key: string, change: Change) {
        const result = await super.write(key, change)
        if (result.written) this.seen.set(key, this.row(key))
        return result
      }
      override async read(key: string) {
        const row = this.seen.get(key)
        return this.closed || row === undefined ? super.read(key) : this.entryOf(row)
      }
    },
  },
  {
    flaw: 'never hints',
    fails: ['hint.write', 'hint.peer', 'hint.version', 'hint.several', 'hint.read'],
    make: class extends HonestStore {
      override tell() {}
    },
  },
  {
    flaw: 'hints at its own writes only',
    fails: ['hint.peer', 'hint.read'],
    make: class extends HonestStore {
      readonly own = new Set<Hear>()
      override tell(_key: string, version?: Version) {
        for (const hear of this.own) hear(version)
      }
      override async subscribe(_key: string, onChange: Hear) {
        const own: Hear = version => onChange(version)
        this.own.add(own)
        return async () => {
          this.own.delete(own)
        }
      }
    },
  },
  {
    flaw: 'names the version that was replaced when it hints',
    fails: ['hint.version'],
    make: class extends HonestStore {
      #before: Version | undefined
      override tell(key: string, version?: Version) {
        super.tell(key, this.#before)
        this.#before = version
      }
    },
  },
  {
    flaw: 'ends all subscriptions with one',
    fails: ['hint.several'],
    make: class extends HonestStore {
      override async subscribe(key: string, onChange: Hear) {
        await super.subscribe(key, onChange)
        return async () => this.data.subscribers.get(key)?.clear()
      }
    },
  },
  {
    flaw: 'goes on after it was closed',
    fails: ['close.rejects'],
    make: class extends HonestStore {
      override assertOpen() {}
    },
  },
]
