import { describe, expect, it } from 'vitest'
import { permissions, scopeLedger } from '../../src/calls.ts'

describe('permissions', () => {
  it('tell what was granted, and name what was not', () => {
    const granted = permissions(['a', 'b'])
    expect([granted.has('a'), granted.has('c')]).toEqual([true, false])
    expect(granted.missing('a', 'c', 'd')).toEqual(['c', 'd'])
    expect(() => granted.require('a', 'b')).not.toThrow()
    expect(() => granted.require('a', 'c', 'd')).toThrow(/lacks the scope c d/)
  })

  it('fail with what to do about it, where the provider knows', () => {
    const advice = { en: 'Enable speech in the console.', zh: '请开通语音。' }
    const granted = permissions([], missing => (missing.includes('speech') ? advice : undefined))
    try {
      granted.require('speech')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        kind: 'configure',
        code: 'insufficient_scope',
        message: expect.stringContaining('Enable speech'),
        advice,
      })
    }
  })

  it('that nobody has told of stand in nobody’s way, and are not claimed', () => {
    const unknown = permissions(undefined)
    expect([unknown.has('a'), unknown.missing('a')]).toEqual([false, []])
    expect(() => unknown.require('a')).not.toThrow()
  })
})

describe('a ledger of scopes', () => {
  it('tells which were granted and which were ever needed', () => {
    const ledger = scopeLedger()
    expect(ledger.report()).toEqual({ used: [], unused: [], missing: [] })
    ledger.note(['b'], ['c', 'b', 'a'])
    ledger.note(['x'], ['a'])
    ledger.note(['a'], undefined)
    expect(ledger.report()).toEqual({ used: ['a', 'b'], unused: ['c'], missing: ['x'] })
  })

  it('remembers a bounded number', () => {
    const ledger = scopeLedger()
    for (let i = 0; i < 3_000; i++) ledger.note([`n${i}`], [])
    expect(ledger.report().missing).toHaveLength(1_000)
  })
})
