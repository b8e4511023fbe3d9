import { describe, expect, it } from 'vitest'
import { found, movableClock, openStore, put } from './support/open-store.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:clock'
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** A store with a record that was written half an hour ago. */
async function afterHalfAnHour() {
  const directory = await temporaryDirectory()
  const clock = movableClock()
  const store = openStore(directory, { clock })
  await put(store, KEY, 'one')
  clock.wallOffsetMs += 30 * MINUTE_MS
  clock.monotonicOffsetMs += 30 * MINUTE_MS
  return { clock, store }
}

async function ageOf(store: ReturnType<typeof openStore>): Promise<number> {
  const { time } = await found(store, KEY)
  if (time === undefined) throw new Error('the file store tells the time')
  return Math.round((time.asOf - time.storedAt) / MINUTE_MS)
}

describe('the age of a record', () => {
  it('is the time that has passed', async () => {
    const { store } = await afterHalfAnHour()
    expect(await ageOf(store)).toBe(30)
  })

  it('goes on when the wall clock is set back', async () => {
    const { store, clock } = await afterHalfAnHour()
    clock.wallOffsetMs -= 5 * HOUR_MS
    expect(await ageOf(store)).toBe(30)
  })

  it('counts the time that the host has slept', async () => {
    const { store, clock } = await afterHalfAnHour()
    clock.monotonicOffsetMs -= 25 * MINUTE_MS
    expect(await ageOf(store)).toBe(30)
  })

  it('goes by the wall clock after a new start of the host', async () => {
    const { store, clock } = await afterHalfAnHour()
    clock.boot = 'the second start'
    clock.monotonicOffsetMs = 1_000 * HOUR_MS
    expect(await ageOf(store)).toBe(30)
    clock.wallOffsetMs = -HOUR_MS
    expect(await ageOf(store)).toBe(0)
  })

  it('goes by the wall clock where starts of the host cannot be told apart', async () => {
    const directory = await temporaryDirectory()
    const clock = movableClock()
    clock.boot = undefined
    const store = openStore(directory, { clock })
    await put(store, KEY, 'one')
    clock.wallOffsetMs += 30 * MINUTE_MS
    clock.monotonicOffsetMs += HOUR_MS
    expect(await ageOf(store)).toBe(30)
  })
})

describe("the store's clock", () => {
  it('does not run backwards from one version to the next when the wall clock is set back', async () => {
    const { store, clock } = await afterHalfAnHour()
    const before = await found(store, KEY)
    clock.wallOffsetMs -= 5 * HOUR_MS
    await put(store, KEY, 'two')
    const after = await found(store, KEY)
    expect(after.time?.storedAt).toBeGreaterThanOrEqual(before.time?.asOf ?? Number.NaN)
    clock.wallOffsetMs += MINUTE_MS
    clock.monotonicOffsetMs += MINUTE_MS
    expect(await ageOf(store)).toBe(1)
  })

  it('is the wall clock again once nothing is left of the version before', async () => {
    const { store, clock } = await afterHalfAnHour()
    clock.wallOffsetMs -= 5 * HOUR_MS
    await put(store, KEY, undefined)
    await put(store, KEY, 'two')
    const { time } = await found(store, KEY)
    expect(Math.abs((time?.storedAt ?? 0) - clock.wallMs())).toBeLessThan(MINUTE_MS)
  })

  it('is the same to every process', async () => {
    const directory = await temporaryDirectory()
    const [one, two] = [openStore(directory), openStore(directory)]
    await put(one, KEY, 'one')
    const [first, second, third] = [await found(one, KEY), await found(two, KEY), await found(one, KEY)]
    expect(second.time?.storedAt).toBe(first.time?.storedAt)
    expect(second.time?.asOf).toBeGreaterThanOrEqual(first.time?.asOf ?? Number.NaN)
    expect(third.time?.asOf).toBeGreaterThanOrEqual(second.time?.asOf ?? Number.NaN)
  })

  it('decides when a record is not worth keeping any more', async () => {
    const { store, clock } = await afterHalfAnHour()
    const { version } = await found(store, KEY)
    const next = await put(store, KEY, 'two', clock.wallMs() + HOUR_MS)
    expect(next).not.toBe(version)
    clock.wallOffsetMs -= 5 * HOUR_MS
    clock.monotonicOffsetMs += HOUR_MS - MINUTE_MS
    expect((await found(store, KEY)).value).toBe('two')
    clock.monotonicOffsetMs += 2 * MINUTE_MS
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.write(KEY, { value: 'x', expected: next })).toEqual({
      written: false,
      entry: undefined,
    })
    await put(store, KEY, 'three')
    expect((await found(store, KEY)).value).toBe('three')
  })
})
