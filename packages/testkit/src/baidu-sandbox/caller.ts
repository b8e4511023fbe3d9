import type { Exchange } from './http-exchange.ts'
import type { SandboxApp } from './sandbox-options.ts'
import type { SandboxState } from './sandbox-state.ts'
import { signerOf } from './signature.ts'

/** What the platform's own Node SDK puts in the place of a token when it signs a call of speech. */
const NO_TOKEN = 'bcekey'

/**
 * Whose call it is, by whichever of the three schemes it uses; or the code of the error that it is answered with. The
 * platform forbids more than one at once and does not say what it answers then: here it is the 14 of a key mix-up.
 */
export function callerOf(state: SandboxState, exchange: Exchange, tokenText: string): SandboxApp | number {
  const { authorization = '' } = exchange.headers
  // Forgives the second question mark that the platform's own Node SDK appends to its token.
  const text = tokenText.split('?')[0] ?? ''
  const token = text === NO_TOKEN ? '' : text
  const bearer = bearerOf(authorization)
  const signed = authorization.startsWith('bce-auth-')
  if (token !== '' && (bearer !== undefined || signed)) return 14
  if (bearer !== undefined) return ownerOfBearer(state, bearer) ?? 23
  if (signed) {
    const signer = signerOf(state, exchange)
    return typeof signer === 'string' ? 14 : signer
  }
  return ownerOfToken(state, token)
}

/** The key of an Authorization header that is of this scheme; `undefined` for any other. */
export function bearerOf(authorization: string): string | undefined {
  const parts = /^Bearer(?: (.*))?$/i.exec(authorization)
  return parts === null ? undefined : (parts[1] ?? '')
}

function ownerOfToken(state: SandboxState, text: string): SandboxApp | number {
  if (text === '') return 100
  const token = state.token(text, 'access_token')
  if (token === undefined || token.revoked) return 110
  return token.expiresAt <= state.now ? (state.options.expiredCode ?? 111) : token.family.app
}

/** Whose bearer key this is, long-lived or exchanged; `undefined` when it is not accepted. */
export function ownerOfBearer(state: SandboxState, key: string): SandboxApp | undefined {
  const issued = state.token(key, 'bearer_key')
  if (issued !== undefined)
    return issued.revoked || issued.expiresAt <= state.now ? undefined : issued.family.app
  return state.apps.find(({ bearerKey }) => bearerKey === key)
}
