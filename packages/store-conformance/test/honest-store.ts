import type { Change, Entry, Store, Version, WriteResult } from '@evergrant/core'

export interface Row {
  readonly value: string
  readonly version: Version
  readonly storedAt: number
  readonly goneAt: number
}

/** Hears of a change, and to which version. */
export type Hear = (version?: Version) => void

/** What the handles of one store share. */
export interface Data {
  readonly rows: Map<string, Row>
  readonly subscribers: Map<string, Set<Hear>>
  now: number
  writes: number
}

function emptyData(): Data {
  return { rows: new Map(), subscribers: new Map(), now: 1_700_000_000_000, writes: 0 }
}

/** A store that does everything right, in the plainest way. Saboteurs override one thing each. */
export class HonestStore implements Store {
  readonly traits: Store['traits'] = { scope: 'host', durable: false, evicts: false, staleMsMax: 0 }
  readonly data: Data
  closed = false

  constructor(data: Data = emptyData()) {
    this.data = data
  }

  row(key: string): Row | undefined {
    const row = this.data.rows.get(key)
    return row !== undefined && row.goneAt > this.data.now ? row : undefined
  }

  entryOf({ value, version, storedAt }: Row): Entry {
    return { value, version, time: { storedAt, asOf: this.data.now } }
  }

  nextVersion(_key: string, _change: Change): Version {
    return `v${++this.data.writes}` as Version
  }

  accepts(row: Row | undefined, { expected }: Change): boolean {
    return row?.version === expected
  }

  goneAt(_row: Row | undefined, { retainUntil }: Change): number {
    return retainUntil ?? Number.POSITIVE_INFINITY
  }

  assertOpen(): void {
    if (this.closed) throw new Error('closed')
  }

  async read(key: string): Promise<Entry | undefined> {
    this.assertOpen()
    const row = this.row(key)
    return row && this.entryOf(row)
  }

  async write(key: string, change: Change): Promise<WriteResult> {
    this.assertOpen()
    const row = this.row(key)
    if (!this.accepts(row, change)) return { written: false, entry: row && this.entryOf(row) }
    const version = this.nextVersion(key, change)
    this.put(key, change, row, version)
    this.tell(key, version)
    return { written: true, version, storedAt: this.data.now }
  }

  put(key: string, change: Change, row: Row | undefined, version: Version): void {
    if (change.value === undefined) this.data.rows.delete(key)
    else {
      const goneAt = this.goneAt(row, change)
      this.data.rows.set(key, { value: change.value, version, storedAt: this.data.now, goneAt })
    }
  }

  tell(key: string, version?: Version): void {
    for (const hear of this.data.subscribers.get(key) ?? []) hear(version)
  }

  async subscribe(key: string, onChange: Hear): Promise<() => Promise<void>> {
    const all = this.data.subscribers.get(key) ?? new Set()
    const own: Hear = version => onChange(version)
    this.data.subscribers.set(key, all.add(own))
    return async () => {
      all.delete(own)
    }
  }

  async *keys(): AsyncGenerator<string> {
    for (const key of this.data.rows.keys()) if (this.row(key) !== undefined) yield key
  }

  async close(): Promise<void> {
    this.closed = true
  }
}
