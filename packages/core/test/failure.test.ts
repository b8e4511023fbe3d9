import { describe, expect, it } from 'vitest'
import { FAILURE_GUIDE } from '../src/guides.ts'
import { EvergrantError, FAILURE_CODES, fail, TransportError } from '../src/index.ts'

describe('the error that is thrown', () => {
  it('carries what the failure says and nothing else', () => {
    const full = {
      ...fail('invalid_client'),
      retryAfterMs: 5,
      status: 401,
      description: 'd',
      advice: { en: 'e', zh: '中' },
    }
    const error = new EvergrantError({ ...full, request: 'secret' } as typeof full)
    expect({ ...error, message: error.message }).toEqual(full)
    expect(error.name).toBe('EvergrantError')
    expect(error).toBeInstanceOf(Error)
    expect(Object.keys(new EvergrantError(fail('closed')))).toEqual(['kind', 'code'])
  })

  it('is a line of JSON for a log, without its cause', () => {
    const error = new TransportError(fail('transport_failed', { status: 502 }), 'unknown')
    error.cause = new Error('with a s3cret')
    expect(JSON.parse(JSON.stringify({ error })).error).toEqual({
      name: 'TransportError',
      message: error.message,
      kind: 'retry',
      code: 'transport_failed',
      status: 502,
      delivery: 'unknown',
    })
  })

  it('is recognised by its brand, also from another copy of the package', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('evergrant.error'), { value: true })
    expect(EvergrantError.is(foreign)).toBe(true)
    for (const other of [new Error('x'), null, undefined, 'x', {}])
      expect(EvergrantError.is(other)).toBe(false)
  })

  it('of a transport says whether anything was sent', () => {
    const error = new TransportError(fail('transport_failed'), 'not_sent')
    expect(TransportError.is(error)).toBe(true)
    expect(EvergrantError.is(error)).toBe(true)
    expect(TransportError.is(new EvergrantError(fail('closed')))).toBe(false)
    expect([error.delivery, error.name, error.kind]).toEqual(['not_sent', 'TransportError', 'retry'])
  })
})

describe('every failure code', () => {
  it.each(Object.entries(FAILURE_CODES))('%s says in a sentence what happened', (_, [, message]) => {
    expect(message).toMatch(/^[A-Z].{10,110}[.]$/)
  })
  it.each(Object.entries(FAILURE_GUIDE))(
    '%s has a meaning and a remedy in the guide',
    (_, { meaning, remedy }) => {
      expect(meaning).toMatch(/^[A-Z].*[.]$/)
      expect(remedy).toMatch(/^[A-Z].*[.]$/)
    },
  )
})
