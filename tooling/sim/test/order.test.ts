import { describe, expect, it } from 'vitest'
import { orderOf, UsageError } from '../src/order.ts'

const order = (line: string) => orderOf(line.split(' ').filter(word => word !== ''))

describe('the command line of the simulator', () => {
  it('plays a thousand schedules of three processes unless it is told otherwise', () => {
    expect(order('')).toMatchObject({
      do: 'seeds',
      from: 1,
      count: 1_000,
      setting: { processes: 3, events: 200, drills: true, without: [] },
    })
  })

  it('takes a range of seeds, a number of processes, events and threads, and faults that must not strike', () => {
    const line =
      '--seeds 20 --from 100 --processes 5 --events 90 --no-drills --workers 2 --without crash --without pause'
    expect(order(line)).toEqual({
      do: 'seeds',
      from: 100,
      count: 20,
      workers: 2,
      setting: { processes: 5, events: 90, drills: false, without: ['crash', 'pause'] },
    })
  })

  it('plays a single seed, which may be 0', () => {
    expect(order('--seed 0')).toEqual({
      do: 'seed',
      seed: 0,
      setting: { processes: 3, events: 200, drills: true, without: [] },
    })
  })

  it('plants mutants, all or some, and writes down what was found if it is told to', () => {
    expect(order('--mutants --write --seeds 50')).toMatchObject({
      do: 'mutants',
      count: 50,
      names: [],
      writes: true,
    })
    expect(order('--mutants --only a --only b')).toMatchObject({ names: ['a', 'b'], writes: false })
  })

  it('explains itself', () => {
    expect(order('-h')).toEqual({ do: 'help' })
  })

  it.each([
    ['--seeds 0', '--seeds takes a whole number from 1 to 4294967295, and not "0"'],
    ['--seeds 1e3', 'not "1e3"'],
    ['--seeds many', 'not "many"'],
    ['--from=-1', '--from takes a whole number from 0'],
    ['--processes 17', '--processes takes a whole number from 1 to 16'],
    ['--events 0', '--events takes a whole number from 1 to 100000, and not "0"'],
    ['--workers 0', '--workers takes a whole number from 1 to 64'],
    ['--without rain', '--without takes a kind of fault, and not "rain"; there are crash, close'],
    ['--seed 1 --seeds 2', '--seeds does not go with --seed'],
    ['--seed 1 --from 2', '--from does not go with --seed'],
    ['--mutants --seed 1', '--seed does not go with --mutants'],
    ['--mutants --events 90', '--events does not go with --mutants'],
    ['--mutants --no-drills', '--no-drills does not go with --mutants'],
    ['--mutants --processes 1', '--processes does not go with --mutants'],
    ['--write', '--write is for --mutants'],
    ['--only a', '--only is for --mutants'],
    ['--sead 1', "Unknown option '--sead'"],
    ['7', "Unexpected argument '7'"],
  ])('says what is wrong with "%s"', (line, message) => {
    expect(() => order(line)).toThrow(UsageError)
    expect(() => order(line)).toThrow(message)
  })
})
