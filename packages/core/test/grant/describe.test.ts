import { describe, expect, it } from 'vitest'
import { type Explanation, describe as inOneSentence, inWords } from '../../src/index.ts'

const AT = 1_767_225_600_000

/** An explanation as it may come back from JSON, where nothing ties the decision to the token. */
function explained(decision: Explanation['decision'], more: Partial<Explanation> = {}): string {
  return inOneSentence({
    at: AT,
    phase: 'held',
    decision,
    circuit: 'closed',
    attempts: 0,
    storeReachable: true,
    waiters: 0,
    ...more,
  })
}

describe('an explanation in words', () => {
  it('invents no life for a token that is not there', () => {
    expect(explained('serve')).toBe('The token is fresh: 0 ms of life left, renewal is due in 0 ms.')
    expect(explained('serve_and_renew')).toBe(
      'The token is due for renewal but still valid: 0 ms of life left.',
    )
  })

  it('says when the next attempt is due, or that only a new grant helps', () => {
    const failure = { kind: 'retry', code: 'server_error', message: '' } as const
    expect(explained('fail_fast', { failure: { ...failure, retryAfterMs: 61_000 } })).toBe(
      'There is no usable token (none is held); the next attempt is due in 1 min 1 s. Last failure: server_error.',
    )
    expect(explained('fail_fast', { failure })).toContain('only a new grant can end this')
  })
})

describe('a span in words', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [3_600_000, '1 h'],
    [2_592_000_000 - 1, '29 d 23 h'],
    [Number.POSITIVE_INFINITY, 'no end'],
  ])('of %d ms is "%s"', (ms, words) => {
    expect(inWords(ms)).toBe(words)
  })
})
