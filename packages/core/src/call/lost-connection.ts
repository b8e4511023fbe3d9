import { EvergrantError } from '../failure/evergrant-error.ts'
import { fail } from '../failure/fail.ts'
import type { ApiFailure } from './resource-server.ts'

/** The server could not be reached, or not by its name. */
const UNREACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
])

/** What the system does while nothing can have been sent yet. A connection that stands may end for the same reasons. */
const CONNECTING: ReadonlySet<string> = new Set(['connect', 'getaddrinfo'])

/** There was a connection and it broke off, often one that was kept and that the server had let go of already. */
const LOST: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', ...UNREACHED])

interface NetworkError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
  readonly cause?: NetworkError
  /** Of every address that was tried. */
  readonly errors?: readonly NetworkError[]
}

/**
 * What an error of the network says about a call, by the codes of Node and undici; `undefined` when it says nothing that
 * a second attempt would change. `limit`: nothing was sent. `server`: the server may have got it. Timeouts are none:
 * whoever sets one does not want it four times.
 */
export function lostConnection(error: unknown): ApiFailure | undefined {
  const given = (error ?? {}) as NetworkError
  // `fetch` has an error of its own, whose cause is the one of the network.
  const told = given.code === undefined ? (given.cause ?? {}) : given
  const code = String(told.code)
  const syscall = String(told.syscall ?? told.errors?.[0]?.syscall)
  if (UNREACHED.has(code) && CONNECTING.has(syscall)) return { ...LOSS, about: 'limit' }
  // undici says so of what the other side has closed, and of answers that it does not like.
  const isClosed = code === 'UND_ERR_SOCKET' && /closed/.test(String(told.message))
  return LOST.has(code) || isClosed ? { ...LOSS, about: 'server' } : undefined
}

const LOSS = { ...fail('transport_failed'), plain: true } as const

/**
 * Whether an error tells that the caller has left on purpose. Whose time was over before the call could be made again is
 * told of the loss instead: it is the reason.
 */
export function hasLeft(error: unknown): boolean {
  if (!EvergrantError.is(error) || error.code !== 'aborted') return false
  return (error.cause as { readonly name?: unknown } | undefined)?.name !== 'TimeoutError'
}
