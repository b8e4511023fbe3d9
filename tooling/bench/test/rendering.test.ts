import { describe, expect, it } from 'vitest'
import { atMost, type Bench, type Findings } from '../src/bench.ts'
import { BENCHES, benchesOf } from '../src/benches.ts'
import { markdown, plainText, withSection } from '../src/rendering.ts'

const FINDINGS: Findings = {
  tables: [
    {
      title: 'Calls',
      columns: [{ heading: '' }, { heading: '× floor', digits: 2 }, { heading: 'ns' }],
      rows: [
        ['floor', 1, 49.6],
        ['something long', 1234.5, undefined],
      ],
    },
  ],
  goals: [atMost('It is quick', 1.204, 1.2, '× floor'), atMost('It asks once', 1, 1, 'requests')],
}

const BENCH: Bench = {
  name: 'calls',
  title: 'What calls cost',
  method: 'By measuring.',
  run: () => Promise.resolve(FINDINGS),
}

describe('a goal', () => {
  it('is met at its limit and missed beyond it', () => {
    expect(FINDINGS.goals.map(({ met }) => met)).toEqual([false, true])
    expect(atMost('nothing was measured', Number.NaN, 1, 'ms').met).toBe(false)
  })
})

describe('findings', () => {
  it('are columns in a terminal', () => {
    expect(plainText(FINDINGS)).toBe(
      [
        'Calls',
        '                   × floor  ns',
        '  floor               1.00  50',
        '  something long  1,234.50',
        '',
        'Goals',
        '  MISSED  It is quick: 1.204 of at most 1.2 × floor',
        '  met     It asks once: 1 of at most 1 requests',
        '',
      ].join('\n'),
    )
  })

  it('are a section of a page, which tells of the machine no more than its class', () => {
    const machine = { cores: 2, node: 'v24.1.0', date: '2026-01-31' }
    expect(markdown(BENCH, FINDINGS, machine)).toBe(
      [
        '## What calls cost',
        '',
        'By measuring.',
        '',
        '**Calls**',
        '',
        '|  | × floor | ns |',
        '| --- | ---: | ---: |',
        '| floor | 1.00 | 50 |',
        '| something long | 1,234.50 |  |',
        '',
        '- ✗ missed: It is quick: 1.204 of at most 1.2 × floor',
        '- ✓ It asks once: 1 of at most 1 requests',
        '',
        'Measured 2026-01-31 with Node.js v24.1.0 on 2 cores.',
      ].join('\n'),
    )
  })
})

describe('a section of the page', () => {
  const page = withSection(withSection('# Benchmarks\n\nWords.\n', 'a', 'first a'), 'b', 'first b')

  it('is added at the end when it is new', () => {
    expect(page).toMatch(
      /^# Benchmarks\n\nWords\.\n\n<!-- a: .*first a.*<!-- b: .*first b.*<!-- end of b -->\n$/s,
    )
  })

  it('is replaced, and nothing else, when it is there', () => {
    const again = withSection(page, 'a', 'second a')
    expect(again).toBe(page.replace('first a', 'second a'))
    expect(withSection(again, 'a', 'first a')).toBe(page)
  })
})

describe('benches', () => {
  it('are chosen by name, in the order of the page', () => {
    const [first, second] = BENCHES.map(({ name }) => name) as [string, string]
    expect(benchesOf([second, first]).map(({ name }) => name)).toEqual([first, second])
    expect(benchesOf([])).toBe(BENCHES)
  })

  it('of other names do not exist, and one is told which do', () => {
    expect(() => benchesOf(['cached-tokens'])).toThrow(/no bench cached-tokens.*cached-token, /)
  })
})
