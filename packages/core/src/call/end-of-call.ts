import { causeCode } from '../failure/network-failure.ts'

/** What undici and Node call a request that nobody could send, or that its caller has taken back. */
const OF_THE_CALLER = /^(ABORT_ERR|ERR_INVALID_\w+|UND_ERR_(ABORTED|INVALID_ARG|NOT_SUPPORTED|REQ_\w+))$/

/**
 * What a call that ended without an answer says about the API. `lost`: it did not answer, or not in time. `untold`:
 * nothing, for the caller has left, or what he gave could not be sent. `isAborted`: whether his signal has been.
 */
export function endWithoutAnswer(error: unknown, isAborted: boolean): 'lost' | 'untold' {
  const { name, message, cause } = (error ?? {}) as Readonly<Record<string, unknown>>
  if (name === 'TimeoutError') return 'lost'
  if (isAborted) return 'untold'
  const code = causeCode(error)
  // Trouble with the network has a code where the platform has any, unlike the body of a caller that breaks off.
  if (code === '') return message === 'fetch failed' && cause === undefined ? 'lost' : 'untold'
  return OF_THE_CALLER.test(code) ? 'untold' : 'lost'
}
