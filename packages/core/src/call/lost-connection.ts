import { fail } from '../failure/fail.ts'
import type { ApiFailure } from './resource-server.ts'

/** The system could not reach the server at all, or not by its name: nothing was sent. */
const UNREACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
])

/** There was a connection and it broke off, often one that was kept and that the server had let go of already. */
const LOST: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/**
 * What an error of the network says about a call, by the codes of Node and undici; `undefined` when it says nothing that a
 * second attempt would change. Timeouts are none: whoever sets one does not want it four times.
 */
export function lostConnection(error: unknown): ApiFailure | undefined {
  const code = codeOf(error)
  if (UNREACHED.has(code)) return { ...fail('transport_failed'), about: 'limit', plain: true }
  return LOST.has(code) ? { ...fail('transport_failed'), about: 'server', plain: true } : undefined
}

/** `fetch` has an error of its own, whose cause is the one of the network. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as {
    readonly code?: unknown
    readonly cause?: { readonly code?: unknown }
  }
  return String(code ?? cause?.code ?? '')
}
