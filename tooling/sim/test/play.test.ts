import { describe, expect, it } from 'vitest'
import { playSeed } from '../src/play-seed.ts'
import { playSeeds } from '../src/play-seeds.ts'
import { brokenText } from '../src/summary.ts'

/** Collects what is written. */
function page() {
  let text = ''
  return { write: (more: string) => (text += more), text: () => text }
}

describe('a run of schedules', () => {
  it('prints how often each kind of fault struck, and how fast it went', async () => {
    const output = page()
    const setting = { processes: 3, events: 200, drills: true, without: [] }
    expect(await playSeeds({ do: 'seeds', from: 1, count: 12, workers: 1, setting }, output)).toBe(true)
    expect(output.text()).toMatch(/^ +\d+ {2}crash {16}a process is gone/m)
    expect(output.text()).toMatch(
      /^12 schedules of at least \d+ events and \d+ on average, .* a second on 1 threads\.$/m,
    )
  })
})

describe('a single schedule', () => {
  it('is printed line by line, in columns under their names', async () => {
    const output = page()
    expect(
      await playSeed(
        { do: 'seed', seed: 1, setting: { processes: 3, events: 200, drills: true, without: [] } },
        output,
      ),
    ).toBe(true)
    const [names, scenario] = output.text().split('\n')
    expect(names?.split(/ +/)).toEqual(['', 'event', 'time', 'who', 'clock', 'what', 'detail'])
    expect(scenario).toMatch(/^ +0 +0\.000 {2}world +scenario {9}\{"grants":/)
    expect(output.text()).toMatch(
      /^ +\d+ +\d+\.\d{3} {2}p1\.1 +-?\d+\.\d{3} {2}call {13}#1 token\(\) of grant 0/m,
    )
    expect(output.text()).toMatch(/\n\nSeed 1: every promise was kept in \d+ events\.\n$/)
  })
})

describe('a broken promise', () => {
  it('is told with the command that shows it again', () => {
    const broken = { seed: 7, id: 'P3', message: 'p1.1 presented it twice' }
    expect(brokenText(broken, { processes: 3, events: 200, drills: true, without: [] })).toBe(
      'Seed 7 breaks P3: p1.1 presented it twice.\nTo see it again: pnpm sim --seed 7',
    )
    expect(
      brokenText(broken, { processes: 5, events: 90, drills: false, without: ['crash', 'pause'] }),
    ).toContain('pnpm sim --seed 7 --processes 5 --events 90 --no-drills --without crash --without pause')
  })
})
