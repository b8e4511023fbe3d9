import { describe, expect, it } from 'vitest'
import { type ApiFailure, CALL_LIMITS, decideCall, isIdempotent } from '../../src/calls.ts'

const FIRST = { attempts: 1, renewed: false, pausedMs: 0 }
const SAFE = { replayable: true, repeatable: true }

function failure(about: ApiFailure['about'], more: Partial<ApiFailure> = {}): ApiFailure {
  return { kind: 'retry', code: '18', message: '', about, plain: false, ...more }
}

describe('an answer', () => {
  it('that is no failure is given to the caller', () => {
    expect(decideCall(undefined, FIRST, SAFE, CALL_LIMITS, 0)).toEqual({ act: 'deliver' })
  })

  it('that rejects the token has the call made again with another one, once', () => {
    const rejected = failure('token')
    expect(decideCall(rejected, FIRST, SAFE, CALL_LIMITS, 0)).toEqual({ act: 'renew' })
    expect(decideCall(rejected, { ...FIRST, renewed: true }, SAFE, CALL_LIMITS, 0)).toEqual({
      act: 'fail',
      failure: rejected,
    })
  })

  it('that rejects a second token is delivered where it speaks for itself', () => {
    const rejected = failure('token', { plain: true })
    expect(decideCall(rejected, FIRST, SAFE, CALL_LIMITS, 0)).toEqual({ act: 'renew' })
    expect(decideCall(rejected, { ...FIRST, renewed: true }, SAFE, CALL_LIMITS, 0)).toEqual({
      act: 'deliver',
    })
  })

  it('that rejects the token has a call made again that is not repeatable, for it was not carried out', () => {
    const traits = { replayable: true, repeatable: false }
    expect(decideCall(failure('token'), FIRST, traits, CALL_LIMITS, 0)).toEqual({ act: 'renew' })
  })

  it('that rejects the token of a stream renews it and tells the caller', () => {
    const traits = { replayable: false, repeatable: true }
    expect(decideCall(failure('token'), FIRST, traits, CALL_LIMITS, 0)).toMatchObject({
      act: 'renew_and_fail',
      failure: { kind: 'retry', code: 'body_not_replayable' },
    })
  })

  it.each([
    ['limit', true, true, 'pause'],
    ['limit', true, false, 'pause'],
    ['limit', false, true, 'fail'],
    ['server', true, true, 'pause'],
    ['server', true, false, 'fail'],
    ['server', false, true, 'fail'],
    ['request', true, true, 'fail'],
  ] as const)('about the %s, replayable: %s, repeatable: %s -> %s', (about, replayable, repeatable, act) => {
    expect(decideCall(failure(about), FIRST, { replayable, repeatable }, CALL_LIMITS, 0)).toMatchObject({
      act,
    })
  })

  it('that speaks for itself is delivered where the call is not made again', () => {
    const plain = failure('request', { plain: true })
    expect(decideCall(plain, FIRST, SAFE, CALL_LIMITS, 0)).toEqual({ act: 'deliver' })
  })

  it('is paused after for longer and longer, with full jitter above a floor', () => {
    const ms = (attempts: number, roll: number) => {
      const decision = decideCall(failure('server'), { ...FIRST, attempts }, SAFE, CALL_LIMITS, roll)
      return decision.act === 'pause' ? decision.ms : undefined
    }
    expect([ms(1, 0), ms(2, 0), ms(3, 0)]).toEqual([250, 250, 250])
    expect([ms(1, 0.999), ms(2, 0.999), ms(3, 0.999)]).toEqual([499, 999, 1998])
    expect(ms(CALL_LIMITS.attemptsMax, 0)).toBeUndefined()
  })

  it('is paused after for at least as long as the server asks', () => {
    const asked = failure('limit', { retryAfterMs: 5_000 })
    expect(decideCall(asked, FIRST, SAFE, CALL_LIMITS, 0)).toEqual({ act: 'pause', ms: 5_250 })
  })

  it('is not paused after for longer than all pauses may take together', () => {
    const asked = failure('limit', { retryAfterMs: 60_000 })
    expect(decideCall(asked, FIRST, SAFE, CALL_LIMITS, 0)).toMatchObject({ act: 'pause' })
    const paused = { attempts: 2, renewed: false, pausedMs: 60_250 }
    expect(decideCall(asked, paused, SAFE, CALL_LIMITS, 0)).toEqual({ act: 'fail', failure: asked })
  })
})

describe('a method', () => {
  it.each([
    ['get', true],
    ['HEAD', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
  ])('%s is idempotent: %s', (method, idempotent) => {
    expect(isIdempotent(method)).toBe(idempotent)
  })
})
