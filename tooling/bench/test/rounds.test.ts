import { describe, expect, it } from 'vitest'
import { interleave, median, pairedDifference, pairedRatio, percentile } from '../src/rounds.ts'

/** A machine that is slow for a while: how much slower it is in each round. */
const SLOWNESS = [1, 8, 8, 1, 3, 1, 20]

describe('rounds', () => {
  it('measure every subject once a round, and let a different one be first each time', async () => {
    const order: string[] = []
    const note = (name: string) => () => order.push(name)
    await interleave({ a: note('a'), b: note('b'), c: note('c') }, { rounds: 3, warmUps: 0 })
    expect(order.join('')).toBe('abcbcacab')
  })

  it('throw the first ones away', async () => {
    let calls = 0
    const { only } = await interleave({ only: () => ++calls }, { rounds: 2, warmUps: 3 })
    expect(only).toEqual([4, 5])
  })

  it('wait for a measurement before the next one begins', async () => {
    let running = 0
    const measure = async () => {
      running += 1
      await Promise.resolve()
      const alone = running
      running -= 1
      return alone
    }
    expect(await interleave({ a: measure, b: measure }, { rounds: 2 })).toEqual({ a: [1, 1], b: [1, 1] })
  })
})

describe('the median', () => {
  it('is the value in the middle, or between the two in the middle, in any order', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([10, 2, 4, 100])).toBe(7)
    expect(median([])).toBeNaN()
  })
})

describe('a pair', () => {
  const floor = SLOWNESS.map(slowness => 50 * slowness)

  it('has the ratio that it has in each round, though the machine is slow for a while', () => {
    const subject = SLOWNESS.map(slowness => 60 * slowness)
    expect(pairedRatio(subject, floor)).toBeCloseTo(1.2, 10)
  })

  it('is not led astray by single rounds in which only one was disturbed', () => {
    const subject = floor.map((ns, round) => (round < 3 ? ns * 40 : ns * 1.1))
    expect(pairedRatio(subject, floor)).toBeCloseTo(1.1, 10)
  })

  it('has the difference of its rounds', () => {
    expect(pairedDifference([12, 110, 13], [2, 100, 2])).toBe(10)
  })

  it('is refused when one was measured more often than the other', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError)
  })
})

describe('a percentile', () => {
  it('is the least value that so many of the values do not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([percentile(hundred, 0.99), percentile(hundred, 1), percentile(hundred, 0.001)]).toEqual([
      99, 100, 1,
    ])
    expect(percentile([7], 0.99)).toBe(7)
    expect(percentile([], 0.99)).toBeNaN()
  })
})
