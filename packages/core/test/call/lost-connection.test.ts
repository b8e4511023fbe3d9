import { describe, expect, it } from 'vitest'
import { CALL_LIMITS, decideCall, lostConnection } from '../../src/calls.ts'

/** As Node and undici make them: the code is the error's own, or that of the cause of fetch's. */
function networkError(code: string): Error {
  return Object.assign(new Error('no network'), { code })
}

function actAfter(error: unknown, repeatable: boolean): string {
  const failure = lostConnection(error)
  const traits = { replayable: true, repeatable }
  return decideCall(failure, { attempts: 1, renewed: false, pausedMs: 0 }, traits, CALL_LIMITS, 0).act
}

describe('a call whose connection', () => {
  it.each(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH'])(
    'never stood (%s) is made again whatever it does',
    code => {
      expect(actAfter(networkError(code), false)).toBe('pause')
      expect(actAfter(new TypeError('fetch failed', { cause: networkError(code) }), false)).toBe('pause')
    },
  )

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    'broke (%s) is made again where that does no harm',
    code => {
      const error = new TypeError('fetch failed', { cause: networkError(code) })
      expect(actAfter(error, true)).toBe('pause')
      expect(actAfter(error, false)).toBe('deliver')
    },
  )

  it.each([
    networkError('UND_ERR_HEADERS_TIMEOUT'),
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
