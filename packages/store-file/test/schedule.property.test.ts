import type { Entry, Store, Version } from '@evergrant/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Disk, nodeDisk } from '../src/disk.ts'
import { fileStoreOn } from '../src/file-store.ts'
import { hostClock } from '../src/host-clock.ts'
import { type Action, isLinearizable, type Operation } from './support/linearizability.ts'
import { stage } from './support/stage.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:scheduled'
const HOUR_MS = 3_600_000
/** What is not to be measured here only takes time. */
const disk: Disk = { ...nodeDisk, sync: async () => undefined }

/** A clock two hours ahead of the disk's: to the sweeper, everything has been lying about for long. */
function impatientClock() {
  const clock = hostClock()
  return { ...clock, wallMs: () => clock.wallMs() + 2 * HOUR_MS }
}

function open(on: Disk, directory: string): Store {
  const watch = () => () => undefined
  return fileStoreOn({ disk: on, clock: impatientClock(), watch, uid: process.getuid?.() }, { directory })
}

type Deed = 'read' | 'create' | 'replace' | 'replace with expired' | 'delete' | 'replace stale'

const deeds = fc.array(
  fc.constantFrom<Deed>('read', 'create', 'replace', 'replace', 'replace with expired', 'delete', 'replace stale'),
  { minLength: 1, maxLength: 4 },
)

/** Sometimes one call at a time, sometimes a whole operation while the others stand still. */
const turns = fc
  .array(fc.tuple(fc.nat(11), fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 8, max: 24 }))), {
    minLength: 10,
    maxLength: 60,
  })
  .map(spells => spells.flatMap(([turn, calls]) => Array.from({ length: calls }, () => turn)))

const plays = fc.record({
  scripts: fc.array(deeds, { minLength: 2, maxLength: 3 }),
  turns,
  /** After how many turns the first process dies; most often never. */
  deathAfter: fc.option(fc.nat(120), { freq: 2 }),
})

/** What the processes of a play have seen: the history of one key. */
class History {
  readonly operations: Operation[] = []
  /** Version by value: there must be one of each. */
  readonly versions = new Map<string, Version>()
  #moment = 0
  #values = 0

  /** Values of entries by their versions; a version of none is of a value that never came to light. */
  valueOf(version: Version | undefined): string | undefined {
    if (version === undefined) return undefined
    for (const [value, known] of this.versions) if (known === version) return value
    throw new Error('a version has come from nowhere')
  }

  note(entry: Entry | undefined): void {
    if (entry === undefined) return
    const known = this.versions.get(entry.value) ?? entry.version
    expect(known).toBe(entry.version)
    this.versions.set(entry.value, known)
    expect(new Set(this.versions.values()).size).toBe(this.versions.size)
  }

  freshValue(): string {
    return `value ${++this.#values}`
  }

  async run(actor: string, action: Action, ask: () => Promise<Operation['answer']>): Promise<void> {
    const askedAt = ++this.#moment
    const index = this.operations.push({ actor, askedAt, action }) - 1
    const answer = await ask().catch(() => undefined)
    if (answer === undefined) return
    this.operations[index] = { actor, askedAt, answeredAt: ++this.#moment, action, answer }
  }
}

/** One process: does what its script says, with the versions that it has seen. */
async function perform(actor: string, store: Store, script: readonly Deed[], history: History): Promise<void> {
  let current: Version | undefined
  let older: Version | undefined
  const see = (entry: Entry | undefined) => {
    history.note(entry)
    if (current !== entry?.version) older = current
    current = entry?.version
  }
  for (const deed of script) {
    if (deed === 'read') {
      await history.run(actor, { type: 'read' }, async () => {
        const entry = await store.read(KEY)
        see(entry)
        return { written: false, found: entry?.value }
      })
      continue
    }
    const expected = deed === 'create' ? undefined : deed === 'replace stale' ? older : current
    const expires = deed === 'replace with expired'
    const value = deed === 'delete' ? undefined : history.freshValue()
    const action: Action = { type: 'write', expected: history.valueOf(expected), to: expires ? undefined : value }
    await history.run(actor, action, async () => {
      const result = await store.write(KEY, { value, expected, ...(expires && { retainUntil: 1 }) })
      if (!result.written) {
        see(result.entry)
        return { written: false, found: result.entry?.value }
      }
      older = current
      current = expires || value === undefined ? undefined : result.version
      if (value !== undefined) history.note({ value, version: result.version })
      return { written: true }
    })
  }
}

describe('whatever the order of their system calls, processes', () => {
  it('see one register, of which every version is replaced once, also when one of them dies', async () => {
    const hits = { written: 0, refused: 0, unanswered: 0 }
    await fc.assert(
      fc.asyncProperty(plays, async ({ scripts, turns, deathAfter }) => {
        const directory = await temporaryDirectory()
        const theatre = stage(disk)
        const history = new History()
        let left = scripts.length
        const living = new Set(scripts.keys())
        scripts.forEach((script, i) => {
          const actor = `process ${i}`
          perform(actor, open(theatre.disk(actor), directory), script, history).finally(() => {
            living.delete(i)
            left -= 1
          })
        })
        if (deathAfter !== null) {
          let calls = 0
          await theatre.play(turns, () => calls++ >= deathAfter)
          theatre.kill('process 0')
          living.delete(0)
        }
        await theatre.play(turns.slice(deathAfter ?? 0), () => living.size === 0)

        // Whoever comes later finds the truth, and can go on.
        await perform('survivor', open(disk, directory), ['read', 'replace', 'read', 'delete', 'create'], history)
        expect(isLinearizable(history.operations)).toBe(true)
        for (const { answer } of history.operations) {
          if (answer === undefined) hits.unanswered += 1
          else if (answer.written) hits.written += 1
          else hits.refused += 1
        }
      }),
      { numRuns: 200 },
    )
    console.info(hits)
  })
})
