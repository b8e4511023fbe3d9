import { afterEach, describe, expect, it, vi } from 'vitest'
import { platformClock } from '../src/platform-clock.ts'

afterEach(() => {
  vi.useRealTimers()
})

function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
}

describe('the clock of layers that are given none', () => {
  it('wakes at the instant, and never before the call has returned', () => {
    fakeTime()
    const woken: string[] = []
    const { now, wake } = platformClock
    wake(now() + 100, () => woken.push('later'))
    wake(now() - 100, () => woken.push('past'))
    expect(woken).toEqual([])
    vi.advanceTimersByTime(1)
    expect(woken).toEqual(['past'])
    vi.advanceTimersByTime(100)
    expect(woken).toEqual(['past', 'later'])
  })

  it('does not wake once it was told not to, and may be told twice', () => {
    fakeTime()
    let woken = 0
    const cancel = platformClock.wake(platformClock.now() + 10, () => {
      woken += 1
    })
    cancel()
    cancel()
    vi.advanceTimersByTime(100)
    expect(woken).toBe(0)
  })

  it('sleeps for longer than a timer can', () => {
    fakeTime()
    const monthMs = 31 * 86_400_000
    let woken = 0
    platformClock.wake(platformClock.now() + monthMs, () => {
      woken += 1
    })
    vi.advanceTimersByTime(monthMs - 1)
    expect(woken).toBe(0)
    vi.advanceTimersByTime(2)
    expect(woken).toBe(1)
  })

  it('does not keep the process alive', () => {
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const before = timers()
    const cancel = platformClock.wake(platformClock.now() + 50_000, () => undefined)
    expect(timers()).toBe(before)
    cancel()
  })

  it('shows about the time of day', () => {
    expect(Math.abs(platformClock.now() - Date.now())).toBeLessThan(3_600_000)
  })
})
