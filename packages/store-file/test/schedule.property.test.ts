import { type Entry, EvergrantError, type Store, type Version } from '@evergrant/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Disk } from '../src/disk.ts'
import { hostClock } from '../src/host-clock.ts'
import { type Action, type Answer, isLinearizable, type Operation } from './support/linearizability.ts'
import { openStore } from './support/open-store.ts'
import { quickDisk } from './support/quick-disk.ts'
import { stage } from './support/stage.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:scheduled'
const SURVIVOR = 'survivor'
const HOUR_MS = 3_600_000

/** A clock two hours ahead of the disk's: to the sweeper, everything has been lying about for long. */
function impatientClock() {
  const clock = hostClock()
  return { ...clock, wallMs: () => clock.wallMs() + 2 * HOUR_MS }
}

function open(disk: Disk, directory: string): Store {
  return openStore(directory, { disk, clock: impatientClock(), watch: () => () => undefined })
}

type Deed = 'read' | 'create' | 'replace' | 'replace with expired' | 'delete' | 'replace stale'

const deeds = fc.array(
  fc.constantFrom<Deed>(
    'read',
    'create',
    'replace',
    'replace',
    'replace with expired',
    'delete',
    'replace stale',
  ),
  { minLength: 1, maxLength: 4 },
)

interface Play {
  readonly scripts: readonly (readonly Deed[])[]
  readonly turns: readonly number[]
  /** After how many turns the first process dies; `null`: never. */
  readonly deathAfter: number | null
}

/** Sometimes one call at a time, sometimes a whole operation while the others stand still. */
const turns = fc
  .array(fc.tuple(fc.nat(11), fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 8, max: 24 }))), {
    minLength: 10,
    maxLength: 60,
  })
  .map(spells => spells.flatMap(([turn, calls]) => Array.from({ length: calls }, () => turn)))

const plays: fc.Arbitrary<Play> = fc.record({
  scripts: fc.array(deeds, { minLength: 2, maxLength: 3 }),
  turns,
  deathAfter: fc.option(fc.nat(120), { freq: 2 }),
})

/** What the processes of a play have seen: the history of one key. */
class History {
  readonly operations: Operation[] = []
  /** Version by value: there must be one of each. */
  readonly #versions = new Map<string, Version>()
  #moment = 0
  #values = 0

  valueOf(version: Version | undefined): string | undefined {
    if (version === undefined) return undefined
    for (const [value, known] of this.#versions) if (known === version) return value
    throw new Error('a version has come from nowhere')
  }

  note({ value, version }: Pick<Entry, 'value' | 'version'>): void {
    expect(this.#versions.get(value) ?? version).toBe(version)
    this.#versions.set(value, version)
    expect(new Set(this.#versions.values()).size).toBe(this.#versions.size)
  }

  freshValue(): string {
    return `value ${++this.#values}`
  }

  /** Asks, and notes what was answered. `undefined` when the store has failed: then anything may have happened. */
  async run<Result>(
    actor: string,
    action: Action,
    ask: () => Promise<Result>,
    answerOf: (result: Result) => Answer,
  ): Promise<{ readonly result: Result } | undefined> {
    const askedAt = ++this.#moment
    const index = this.operations.push({ actor, askedAt, action }) - 1
    const asked = await ask().then(
      result => ({ result }),
      error => {
        if (!EvergrantError.is(error)) throw error
        return undefined
      },
    )
    if (asked === undefined) return undefined
    const answer = answerOf(asked.result)
    this.operations[index] = { actor, askedAt, answeredAt: ++this.#moment, action, answer }
    return asked
  }
}

/** One process, with the versions that it has seen. */
class Actor {
  readonly #name: string
  readonly #store: Store
  readonly #history: History
  #current: Version | undefined
  #older: Version | undefined

  constructor(name: string, store: Store, history: History) {
    this.#name = name
    this.#store = store
    this.#history = history
  }

  async perform(script: readonly Deed[]): Promise<void> {
    for (const deed of script) await (deed === 'read' ? this.#read() : this.#write(deed))
  }

  #see(entry: Entry | undefined): void {
    if (entry !== undefined) this.#history.note(entry)
    this.#turnTo(entry?.version)
  }

  #turnTo(version: Version | undefined): void {
    if (this.#current !== version) this.#older = this.#current
    this.#current = version
  }

  async #read(): Promise<void> {
    const ask = () => this.#store.read(KEY)
    const asked = await this.#history.run(this.#name, { type: 'read' }, ask, entry => ({
      written: false,
      found: entry?.value,
    }))
    if (asked !== undefined) this.#see(asked.result)
  }

  async #write(deed: Exclude<Deed, 'read'>): Promise<void> {
    const history = this.#history
    const expected = deed === 'create' ? undefined : deed === 'replace stale' ? this.#older : this.#current
    const expires = deed === 'replace with expired'
    const value = deed === 'delete' ? undefined : history.freshValue()
    const to = expires ? undefined : value
    const ask = () => this.#store.write(KEY, { value, expected, ...(expires && { retainUntil: 1 }) })
    const asked = await history.run(
      this.#name,
      { type: 'write', expected: history.valueOf(expected), to },
      ask,
      result => (result.written ? { written: true } : { written: false, found: result.entry?.value }),
    )
    if (asked === undefined) return
    const { result } = asked
    if (!result.written) return this.#see(result.entry)
    if (value !== undefined) history.note({ value, version: result.version })
    this.#turnTo(to === undefined ? undefined : result.version)
  }
}

/** Lets processes do what their scripts say, and somebody come after them. */
async function perform({ scripts, turns, deathAfter }: Play): Promise<readonly Operation[]> {
  const directory = await temporaryDirectory()
  const theatre = stage(quickDisk)
  const history = new History()
  const living = new Set(scripts.keys())
  const failures: unknown[] = []
  scripts.forEach((script, i) => {
    const actor = new Actor(`process ${i}`, open(theatre.disk(`process ${i}`), directory), history)
    actor
      .perform(script)
      .catch(error => failures.push(error))
      .finally(() => living.delete(i))
      .catch(() => undefined)
  })
  if (deathAfter !== null) {
    let calls = 0
    await theatre.play(turns, () => calls++ >= deathAfter)
    theatre.kill('process 0')
    living.delete(0)
  }
  await theatre.play(turns.slice(deathAfter ?? 0), () => living.size === 0)
  expect(failures).toEqual([])

  // Whoever comes later finds the truth, and can go on.
  const survivor = new Actor(SURVIVOR, openStore(directory), history)
  await survivor.perform(['read', 'replace', 'read', 'delete', 'create'])
  return history.operations
}

describe('whatever the order of their system calls, processes', () => {
  it('see one register, of which every version is replaced once, also when one of them dies', async () => {
    const hits = { written: 0, refusedOrRead: 0, unanswered: 0 }
    await fc.assert(
      fc.asyncProperty(plays, async play => {
        const operations = await perform(play)
        expect(isLinearizable(operations)).toBe(true)
        for (const { actor, answer } of operations) {
          if (actor === SURVIVOR) expect(answer).toBeDefined()
          else if (answer === undefined) hits.unanswered += 1
          else if (answer.written) hits.written += 1
          else hits.refusedOrRead += 1
        }
      }),
      { numRuns: 200 },
    )
    // Otherwise the plays were too tame to show anything.
    expect(Object.values(hits).every(count => count > 50)).toBe(true)
  })
})

describe('the check of histories', () => {
  const at = (askedAt: number, answeredAt: number) => ({ actor: 'a', askedAt, answeredAt })
  const write = (expected: string | undefined, to: string): Action => ({ type: 'write', expected, to })
  const create: Operation = { ...at(1, 2), action: write(undefined, 'x'), answer: { written: true } }
  const read = (found: string | undefined): Pick<Operation, 'action' | 'answer'> => ({
    action: { type: 'read' },
    answer: { written: false, found },
  })

  it.each<[string, Operation[], boolean]>([
    ['accepts a read of what was written', [create, { ...at(3, 4), ...read('x') }], true],
    ['refuses a read of what was replaced', [create, { ...at(3, 4), ...read(undefined) }], false],
    ['accepts either while both are under way', [create, { ...at(1, 3), ...read(undefined) }], true],
    [
      'refuses two winners',
      [create, { ...at(1, 2), action: write(undefined, 'y'), answer: { written: true } }],
      false,
    ],
    [
      'lets what was not answered happen later, or never',
      [
        create,
        { actor: 'b', askedAt: 3, action: write('x', 'y') },
        { ...at(4, 5), ...read('x') },
        { ...at(6, 7), ...read('y') },
      ],
      true,
    ],
    [
      'refuses a value that comes back',
      [
        create,
        { actor: 'b', askedAt: 3, action: write('x', 'y') },
        { ...at(4, 5), ...read('y') },
        { ...at(6, 7), ...read('x') },
      ],
      false,
    ],
  ])('%s', (_, operations, expected) => {
    expect(isLinearizable(operations)).toBe(expected)
  })
})
