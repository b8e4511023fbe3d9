import { describe, expect, it } from 'vitest'
import { CLAUSES, ConformanceError, conformance, type Subject } from '../src/index.ts'
import { FORGETFUL } from './forgetful-stores.ts'
import { HonestStore } from './honest-store.ts'
import { SABOTEURS } from './saboteurs.ts'

const ALL = [...SABOTEURS, ...FORGETFUL]

function subjectOf(make: new (data?: HonestStore['data']) => HonestStore): Subject {
  const opened: HonestStore[] = []
  return {
    open() {
      const store = new make()
      opened.push(store)
      return store
    },
    openPeer: store => new make((store as HonestStore).data),
    async pass(ms) {
      for (const { data } of opened) data.now += ms
    },
    hintWithinMs: 20,
  }
}

async function failures(make: new () => HonestStore): Promise<string[]> {
  const failed: string[] = []
  for (const { id, run } of conformance(subjectOf(make))) {
    await run().catch(error => {
      if (!(error instanceof ConformanceError) && !/invalid expire/.test(String(error))) throw error
      failed.push(id)
    })
  }
  return failed
}

describe('an honest store', () => {
  for (const { title, run } of conformance(subjectOf(HonestStore))) {
    it(title, async () => {
      expect(await run()).toBeUndefined()
    })
  }
})

describe('a saboteur', () => {
  it.each(ALL)('that $flaw fails exactly $fails', async ({ make, fails }) => {
    expect((await failures(make)).sort()).toEqual([...fails].sort())
  })

  it('exists for every clause', () => {
    const covered = new Set(ALL.flatMap(({ fails }) => fails))
    expect(CLAUSES.map(({ id }) => id).filter(id => !covered.has(id))).toEqual([])
  })
})

describe('the kit', () => {
  it('leaves out, with a reason, what a store does not offer', async () => {
    const bare: Subject = {
      open() {
        const store = new HonestStore()
        return {
          traits: store.traits,
          read: key => store.read(key),
          write: (key, change) => store.write(key, change),
        }
      },
    }
    const reasons = await Promise.all(conformance(bare).map(({ run }) => run()))
    expect(new Set(reasons)).toEqual(
      new Set([
        undefined,
        'this store lives in one process',
        'this test cannot let time pass',
        'this store does not tell of changes',
        'this store cannot list its keys',
        'this store has nothing to close',
      ]),
    )
  })

  it('closes what it has opened, peers first, also after a failure', async () => {
    const closed: string[] = []
    class Watched extends HonestStore {
      override async close() {
        closed.push(this === first ? 'store' : 'peer')
      }
    }
    let first: HonestStore | undefined
    const subject: Subject = {
      open() {
        first = new Watched()
        return first
      },
      openPeer: store => new Watched((store as HonestStore).data),
    }
    await conformance(subject)
      .find(({ id }) => id === 'peer.sees')
      ?.run()
    expect(closed).toEqual(['peer', 'store'])
  })

  it('lets the subject dispose of its stores in its own way', async () => {
    let disposed = 0
    const subject: Subject = {
      open: () => new HonestStore(),
      dispose() {
        disposed += 1
      },
    }
    await conformance(subject)[0]?.run()
    expect(disposed).toBe(1)
  })

  it('has a stable name and a sentence for every clause', () => {
    expect(new Set(CLAUSES.map(({ id }) => id)).size).toBe(CLAUSES.length)
    for (const { id, title } of CLAUSES) {
      expect(id).toMatch(/^[a-z]+\.[a-z-]+$/)
      expect(title).toMatch(/^[a-z]/)
    }
  })
})
