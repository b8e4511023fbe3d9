import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock, type TimeSource } from '../src/index.ts'
import { sharedClock } from '../src/system-clock.ts'
import { WakeHeap, type WakeUp } from '../src/wake-heap.ts'

const DAY = 86_400_000

/** A machine: its true time, what its two clocks say, and its timers, which stop while it sleeps. */
class Machine implements TimeSource {
  wall = 1_700_000_000_000
  monotonic = 5_000
  armed = 0
  longest = 0
  keepsAlive = false
  #timers: { at: number; callback: () => void }[] = []

  wallMs(): number {
    return this.wall
  }

  monotonicMs(): number {
    return this.monotonic
  }

  after(ms: number, callback: () => void, keepsAlive: boolean): () => void {
    this.keepsAlive = keepsAlive
    this.armed += 1
    this.longest = Math.max(this.longest, ms)
    const timer = { at: this.monotonic + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(each => each !== timer)
    }
  }

  get timers(): number {
    return this.#timers.length
  }

  run(ms: number): void {
    const end = this.monotonic + ms
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter(each => each !== due)
      this.#move(due.at - this.monotonic)
      due.callback()
    }
    this.#move(end - this.monotonic)
  }

  #move(ms: number): void {
    this.monotonic += ms
    this.wall += ms
  }

  sleep(ms: number): void {
    this.wall += ms
  }
}

describe('the system clock', () => {
  it('keeps the process alive only while somebody holds it, however often it lets go', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    clock.wake(clock.now() + 1_000, () => undefined)
    expect(machine.keepsAlive).toBe(false)
    const first = clock.hold?.()
    const second = clock.hold?.()
    expect([machine.keepsAlive, machine.timers]).toEqual([true, 1])
    first?.()
    first?.()
    expect(machine.keepsAlive).toBe(true)
    second?.()
    expect([machine.keepsAlive, machine.timers]).toEqual([false, 1])
  })

  it('tells the wall time', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    machine.run(12_345)
    expect(clock.now()).toBe(machine.wall)
  })

  it('goes on when the wall clock is set back, and by no more than what really passed', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const before = clock.now()
    machine.run(10_000)
    machine.wall -= 3_600_000
    machine.run(5_000)
    expect(clock.now() - before).toBe(15_000)
    machine.run(5_000)
    expect(clock.now() - before).toBe(20_000)
  })

  it('counts the time that a machine slept', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const before = clock.now()
    machine.run(1_000)
    machine.sleep(8 * 3_600_000)
    machine.run(1_000)
    expect(clock.now() - before).toBe(8 * 3_600_000 + 2_000)
  })

  it('never runs backwards and never behind the true time, whatever is done to the clocks', () => {
    const change = fc.oneof(
      { weight: 4, arbitrary: fc.record({ run: fc.integer({ min: 1, max: 5_000 }) }) },
      { weight: 1, arbitrary: fc.record({ sleep: fc.integer({ min: 1, max: DAY }) }) },
      { weight: 1, arbitrary: fc.record({ set: fc.integer({ min: -DAY, max: DAY }) }) },
    )
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), changes => {
        const machine = new Machine()
        const clock = systemClock(machine)
        const start = clock.now()
        let last = start
        let passed = 0
        let unseen = 0
        for (const each of changes as { run?: number; sleep?: number; set?: number }[]) {
          if (each.run !== undefined) machine.run(each.run)
          if (each.sleep !== undefined) machine.sleep(each.sleep)
          if (each.set !== undefined) machine.wall += each.set
          passed += each.run ?? 0
          // A sleep during which the clock was also set back cannot be seen by anybody.
          unseen += each.sleep ?? 0
          const now = clock.now()
          expect(now).toBeGreaterThanOrEqual(last)
          last = now
        }
        machine.run(2_000)
        expect(clock.now() - start).toBeGreaterThanOrEqual(passed + 2_000 - 50)
        expect(unseen).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('stands still for a step back that is smaller than measuring noise', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const before = clock.now()
    machine.wall -= 30
    expect(clock.now()).toBe(before)
  })
})

describe('a wake-up', () => {
  it('30 days ahead fires once, at its instant, though no timer is longer than a minute', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const at = clock.now() + 30 * DAY
    const fired: number[] = []
    clock.wake(at, () => fired.push(clock.now()))
    machine.run(30 * DAY - 1)
    expect(fired).toEqual([])
    machine.run(1)
    expect(fired).toEqual([at])
    expect(machine.longest).toBe(60_000)
    expect(machine.timers).toBe(0)
  })

  it('is not late by more than a minute after the machine has slept', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    let fired = false
    clock.wake(clock.now() + 3_600_000, () => {
      fired = true
    })
    machine.run(1_000)
    machine.sleep(DAY)
    machine.run(60_000)
    expect(fired).toBe(true)
  })

  it('that is asked for after the machine has slept is not late at all', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const fired: string[] = []
    clock.wake(clock.now() + 40_000, () => fired.push('before'))
    machine.run(1_000)
    machine.sleep(3_600_000)
    clock.wake(clock.now() + 500, () => fired.push('after'))
    machine.run(500)
    expect(fired).toEqual(['before', 'after'])
  })

  it('that is asked for after a leap too small to be looked for is not late', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const fired: string[] = []
    clock.wake(clock.now() + 800, () => fired.push('before'))
    machine.sleep(900)
    clock.wake(clock.now() + 500, () => fired.push('after'))
    machine.run(500)
    expect(fired).toEqual(['before', 'after'])
  })

  it('that was asked for before is not late either once anybody has asked for the time since', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    let fired = 0
    clock.wake(clock.now() + 30_000, () => {
      fired += 1
    })
    machine.run(100)
    machine.sleep(70_000)
    clock.now()
    machine.run(0)
    expect([fired, machine.timers]).toEqual([1, 0])
  })

  it('does not put off a timer that is about to fire', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    let fired = 0
    clock.wake(clock.now() + 40_000, () => {
      fired += 1
    })
    machine.sleep(50_000)
    clock.wake(clock.now() + 500, () => undefined)
    const { armed } = machine
    for (let i = 0; i < 10; i++) clock.wake(clock.now() + 500, () => undefined)
    expect(machine.armed).toBe(armed)
    machine.run(0)
    expect(fired).toBe(1)
  })

  it('in the past fires as soon as possible, but not before wake() has returned', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    let fired = false
    clock.wake(clock.now() - 5_000, () => {
      fired = true
    })
    expect(fired).toBe(false)
    machine.run(0)
    expect(fired).toBe(true)
  })

  it('can be cancelled, also twice and also too late', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const fired: string[] = []
    const cancelA = clock.wake(clock.now() + 10, () => fired.push('a'))
    const cancelB = clock.wake(clock.now() + 20, () => fired.push('b'))
    cancelA()
    cancelA()
    machine.run(30)
    cancelB()
    expect(fired).toEqual(['b'])
    expect(machine.timers).toBe(0)
  })

  it('shares one timer with all others', () => {
    const machine = new Machine()
    const clock = systemClock(machine)
    const fired: number[] = []
    for (let i = 1_000; i > 0; i--) clock.wake(clock.now() + i * 10, () => fired.push(i))
    expect(machine.timers).toBe(1)
    machine.run(10_000)
    expect(fired).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1))
  })

  it('does not keep the process alive, on the real clock', async () => {
    const clock = sharedClock()
    expect(sharedClock()).toBe(clock)
    clock.wake(clock.now() + 1e9, () => undefined)()
    await new Promise<void>(resolve => clock.wake(clock.now() + 1, resolve))
    const timers = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    clock.wake(clock.now() + 1e9, () => undefined)
    expect(process.getActiveResourcesInfo().filter(name => name === 'Timeout')).toHaveLength(timers)
  })
})

describe('the heap of wake-ups', () => {
  it('gives the earliest first, after any additions and removals', () => {
    const step = fc.oneof(fc.record({ add: fc.nat(50) }), fc.record({ remove: fc.nat() }))
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 200 }), steps => {
        const heap = new WakeHeap()
        let model: WakeUp[] = []
        for (const each of steps) {
          if ('add' in each) {
            const wakeUp = { at: each.add, callback: () => undefined, index: -1 }
            heap.add(wakeUp)
            model.push(wakeUp)
          } else if (model.length > 0) {
            const victim = model[each.remove % model.length] as WakeUp
            heap.remove(victim)
            heap.remove(victim)
            model = model.filter(other => other !== victim)
          }
          expect(heap.first?.at).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ at }) => at)))
        }
      }),
    )
  })
})
