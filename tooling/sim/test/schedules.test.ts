import { FAULT_KINDS } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { ALL_FAULTS_STRIKE_IN, untried } from '../src/play-seeds.ts'
import { EMPTY_TALLY, runSeed, runSeeds } from '../src/run-seeds.ts'
import { runPool } from '../src/sim-pool.ts'

const SETTING = { processes: 3, without: [] }
/** The shortest that are said to hold 200 events. */
const SHORT = { ...SETTING, drills: false }

describe('the first schedules', () => {
  it('keep every promise, though every kind of fault strikes', async () => {
    const tally = await runPool({ from: 1, count: ALL_FAULTS_STRIKE_IN, ...SETTING }, { workers: 2 })
    expect(tally.broken).toEqual([])
    expect(tally.schedules).toBe(ALL_FAULTS_STRIKE_IN)
    expect(untried(tally, [])).toEqual([])
    expect(tally.events / tally.schedules).toBeGreaterThan(200)
  }, 240_000)

  it('hold as many events as they should, each of them', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect((await runSeed(seed, SETTING)).events).toBeGreaterThanOrEqual(200)
    }
  })

  it.each([1, 2, 5])('keep every promise with %d processes', async processes => {
    expect((await runSeeds({ from: 1, count: 20, processes })).broken).toEqual([])
  })
})

describe('a schedule', () => {
  it.each([3, 20, 71])('is the same, bit for bit, whenever seed %d is played', async seed => {
    const first = await runSeed(seed, SETTING, true)
    // In company, and without a trace, it is the same too.
    const [alone, again] = await Promise.all([
      runSeed(seed, SETTING, true),
      runSeed(seed, SETTING),
      runSeed(seed + 1, SETTING, true),
    ])
    expect(alone.trace?.text()).toBe(first.trace?.text())
    expect(alone).toEqual(first)
    expect(again).toEqual({ ...first, trace: undefined })
  })

  it.each([3, 20, 71])('without drills is the same, bit for bit, whenever seed %d is played', async seed => {
    const [first, again] = [await runSeed(seed, SHORT, true), await runSeed(seed, SHORT, true)]
    expect(again).toEqual(first)
    expect(again.trace?.text()).toBe(first.trace?.text())
    // What comes before the drills is what it is with them.
    const whole = await runSeed(seed, SETTING, true)
    const storm = (result: typeof first) => result.trace?.text().split(' calm')[0]
    expect(storm(first)).toContain('scenario')
    expect(storm(first)).toBe(storm(whole))
    expect(first.events).toBeLessThan(whole.events)
  })

  it('has a storm as long as it shall be', async () => {
    const lengths = await Promise.all(
      [20, 90].map(async events => (await runSeed(3, { ...SHORT, events })).events),
    )
    expect(lengths[0]).toBeLessThan(90)
    expect(lengths[1]).toBeGreaterThanOrEqual(90)
  })

  it('without drills holds 200 events all the same, each of them', async () => {
    const { schedules, eventsMin, events } = await runSeeds({ from: 1, count: 200, ...SHORT })
    expect(schedules).toBe(200)
    expect(eventsMin).toBeGreaterThanOrEqual(200)
    expect(events / schedules).toBeGreaterThan(eventsMin)
  })

  it('is another one with another seed', async () => {
    const [one, other] = [await runSeed(1, SETTING, true), await runSeed(2, SETTING, true)]
    expect(one.trace?.text()).not.toBe(other.trace?.text())
  })

  it('is spared the faults that must not strike', async () => {
    const calm = await runSeeds({ from: 1, count: 10, without: FAULT_KINDS })
    expect(calm).toMatchObject({ broken: [], faults: {} })
  })
})

describe('a run', () => {
  it('misses the kinds of faults that never struck, except those that must not', () => {
    const struck = FAULT_KINDS.filter(kind => kind !== 'crash' && kind !== 'pause')
    const tally = { ...EMPTY_TALLY, faults: Object.fromEntries(struck.map(kind => [kind, 1])) }
    expect(untried(tally, ['pause'])).toEqual(['crash'])
  })
})
