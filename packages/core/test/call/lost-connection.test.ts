import { describe, expect, it } from 'vitest'
import { CALL_LIMITS, decideCall, hasLeft, lostConnection } from '../../src/calls.ts'
import { EvergrantError, fail } from '../../src/index.ts'

/** As Node and undici make them: the code is the error's own, or that of the cause of fetch's. */
function networkError(code: string, syscall = 'read', message = 'no network'): Error {
  return Object.assign(new Error(message), { code, syscall })
}

function actAfter(error: unknown, repeatable: boolean): string {
  const failure = lostConnection(error)
  const traits = { replayable: true, repeatable }
  return decideCall(failure, { attempts: 1, renewed: false, pausedMs: 0 }, traits, CALL_LIMITS, 0).act
}

describe('a call whose connection', () => {
  it.each([
    ['ECONNREFUSED', 'connect'],
    ['EAI_AGAIN', 'getaddrinfo'],
    ['EHOSTUNREACH', 'connect'],
  ])('never stood (%s) is made again whatever it does', (code, syscall) => {
    const error = networkError(code, syscall)
    const ofAll = Object.assign(new AggregateError([error, error]), { code })
    expect(actAfter(error, false)).toBe('pause')
    expect(actAfter(new TypeError('fetch failed', { cause: error }), false)).toBe('pause')
    expect(actAfter(new TypeError('fetch failed', { cause: ofAll }), false)).toBe('pause')
  })

  it('ended because the server cannot be reached any more may have been carried out', () => {
    expect(actAfter(networkError('EHOSTUNREACH', 'read'), false)).toBe('deliver')
    expect(actAfter(networkError('EHOSTUNREACH', 'read'), true)).toBe('pause')
  })

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    'broke (%s) is made again where that does no harm',
    code => {
      const error = new TypeError('fetch failed', { cause: networkError(code, 'read', 'other side closed') })
      expect(actAfter(error, true)).toBe('pause')
      expect(actAfter(error, false)).toBe('deliver')
    },
  )

  it.each([
    networkError('UND_ERR_HEADERS_TIMEOUT'),
    networkError('UND_ERR_SOCKET', 'read', 'bad upgrade'),
    networkError('ENOTFOUND'),
    networkError('CERT_HAS_EXPIRED'),
    new TypeError('Failed to parse URL'),
    AbortSignal.abort().reason,
    'a text',
    undefined,
    null,
  ])('is not what failed (%s) is left as it is', error => {
    expect(lostConnection(error)).toBeUndefined()
  })
})

describe('a caller', () => {
  const aborted = (cause: unknown) => Object.assign(new EvergrantError(fail('aborted')), { cause })

  it('has left on purpose, or has run out of time', () => {
    expect(hasLeft(aborted(new DOMException('bye', 'AbortError')))).toBe(true)
    expect(hasLeft(aborted(undefined))).toBe(true)
    expect(hasLeft(aborted(new DOMException('late', 'TimeoutError')))).toBe(false)
    expect(hasLeft(new EvergrantError(fail('circuit_open')))).toBe(false)
    expect(hasLeft(new Error('no network'))).toBe(false)
  })
})
