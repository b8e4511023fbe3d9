import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAULT_KINDS, FAULTS, simulate } from '../src/index.ts'
import { EventQueue, type QueuedEvent } from '../src/simulator/event-queue.ts'
import { seededRandom } from '../src/simulator/random.ts'
import { readStored } from '../src/simulator/stored-record.ts'
import { Trace } from '../src/simulator/trace.ts'

describe('the queue of events', () => {
  const event = (): QueuedEvent => ({ at: 0, order: 0, owner: undefined, run: () => undefined })

  it('gives them by instant, those of one instant as they came, and passes over the cancelled', () => {
    const entries = fc.array(fc.record({ at: fc.nat(9), cancelled: fc.boolean() }), { maxLength: 40 })
    fc.assert(
      fc.property(entries, all => {
        const queue = new EventQueue()
        const events = all.map(({ at, cancelled }) => {
          const each = event()
          queue.put(each, at)
          if (cancelled) each.run = undefined
          return each
        })
        const expected = events
          .filter(({ run }) => run !== undefined)
          .sort((a, b) => a.at - b.at || a.order - b.order)
        const taken: QueuedEvent[] = []
        for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next)
        expect(taken).toEqual(expected)
      }),
    )
  })
})

describe('chance', () => {
  const numbers = (seed: number, stream: string) => {
    const random = seededRandom(seed, stream)
    return Array.from({ length: 2_000 }, random.next)
  }

  it('is the same for the same seed and stream, and for no other', () => {
    expect(numbers(1, 'a')).toEqual(numbers(1, 'a'))
    const first = numbers(1, 'a')
    for (const other of [numbers(2, 'a'), numbers(1, 'b'), numbers(11, '')]) {
      expect(other.filter((number, i) => number === first[i])).toEqual([])
    }
  })

  it('is spread evenly over [0, 1)', () => {
    const all = numbers(7, 'x')
    for (let tenth = 0; tenth < 10; tenth++) {
      expect(all.filter(number => Math.floor(number * 10) === tenth).length).toBeGreaterThan(140)
    }
    expect(all.filter(number => number < 0 || number >= 1)).toEqual([])
  })
})

describe('a trace', () => {
  it('has columns, and the last lines of it can be had alone', () => {
    const trace = new Trace(1_000)
    trace.add({ now: 1_000, events: 0 }, { name: 'world' }, 'scenario', '{}')
    trace.add({ now: 63_500, events: 12 }, { name: 'p1.1', clockErrorMs: -295_000 }, 'read', 'of grant 0')
    expect(trace.text()).toBe(
      [
        ' event         time  who         clock  what             detail',
        '     0        0.000  world              scenario         {}',
        '    12       62.500  p1.1     -295.000  read             of grant 0',
      ].join('\n'),
    )
    expect(trace.text(1).split('\n')[1]).toBe('… 1 lines before')
  })
})

describe('what a store was given', () => {
  it('is read if it is a record of the grant, and else is none', () => {
    const record = { identity: 'mine', fence: 3, generation: 2, clock: 'store', writer: 'p', rejected: false }
    expect(readStored(JSON.stringify(record), 'mine')).toMatchObject({ fence: 3, generation: 2 })
    for (const text of [JSON.stringify(record), '', 'null', '[]', '{"format":99,"fence":1}']) {
      expect(readStored(text, 'another')).toBeUndefined()
    }
  })
})

describe('a simulated fleet', () => {
  it('breaks a promise when its program does nothing at all', async () => {
    const source = {
      token: () => new Promise<never>(() => undefined),
      current: () => undefined,
      reject: () => undefined,
      async *watch() {},
      receive: () => new Promise<never>(() => undefined),
      drop: () => new Promise<never>(() => undefined),
      explain: () => undefined,
      on: () => () => undefined,
    }
    const open = () => ({ now: () => 0, source: () => source, close: async () => undefined })
    const { violation, trace } = await simulate({ seed: 1, open, traces: true })
    expect(violation).toMatchObject({ id: 'L1', message: expect.stringContaining('overdue') })
    expect(trace?.text().split('\n').at(-1)).toContain('broken           L1: ')
  })

  it('knows each kind of fault by a sentence', () => {
    for (const kind of FAULT_KINDS) expect(FAULTS[kind]).toMatch(/^[a-z].*[^.]$/)
  })
})
