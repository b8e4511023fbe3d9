import { EvergrantError, type Failure, type SuppliedToken, type TokenSupply } from '@evergrant/core'
import {
  type ApiFailure,
  type CallTarget,
  type RequestSigner,
  type ResourceServer,
  secretsIn,
} from '@evergrant/core/calls'
import type { Dispatcher } from 'undici'
import { IN_HEADER, placeIn, signableOf, withFields, withoutOwnToken, withToken } from './dispatch-request.ts'
import { proofOf } from './proof-of-call.ts'

type Options = Dispatcher.DispatchOptions

/** What authorizes calls: a supply of tokens, or a signer. */
export type CallAuthorization = TokenSupply | RequestSigner

/** A request that is ready to be sent. */
export interface AuthorizedRequest {
  readonly request: Options
  /** The token that it carries; `undefined` when it is signed. */
  readonly token: string | undefined
  /** What was granted to the token; `undefined` when nobody has said. */
  readonly scope: readonly string[] | undefined
  /** What it carries that must not be printed. */
  readonly secrets: readonly string[]
}

function noop(): void {}

/** The request with a token that is held; `undefined` when there is none, or a signature has to be made. */
export function authorizedNow(
  authorization: CallAuthorization,
  server: ResourceServer,
  request: Options,
  target: () => CallTarget,
): AuthorizedRequest | undefined {
  // A proof of possession is signed for every sending, as a signature is.
  if ('sign' in authorization || authorization.proof !== undefined) return undefined
  const held = authorization.current()
  // A token that is bound to a key is none without a proof; how there is none is told on the slow way.
  if (held === undefined || held.tokenType === 'DPoP') return undefined
  // It may be due; nobody waits for the renewal.
  authorization.token().then(noop, noop)
  return tokenIn(server, request, target, held)
}

/** The request with a token or a signature, as soon as it can be had. Rejects with an `EvergrantError`. */
export async function authorizedSoon(
  authorization: CallAuthorization,
  server: ResourceServer,
  request: Options,
  target: () => CallTarget,
  signal: AbortSignal | undefined,
): Promise<AuthorizedRequest> {
  if (!('sign' in authorization)) {
    const token = await authorization.token(signal && { signal })
    return tokenIn(server, request, target, token, await proofOf(authorization, token, request))
  }
  // Asked for its refusal alone: where a token would stand does not matter.
  placeIn(request, server, target())
  const added = await authorization.sign(signableOf(request))
  return {
    request: withFields(request, added),
    token: undefined,
    scope: undefined,
    secrets: secretsIn(added),
  }
}

function tokenIn(
  server: ResourceServer,
  request: Options,
  target: () => CallTarget,
  { accessToken: token, scope }: SuppliedToken,
  proof?: string,
): AuthorizedRequest {
  // Most servers want it in the header, and look nowhere else.
  const simple = server.place === undefined && server.credentialPlaces === undefined
  const bare = simple ? request : withoutOwnToken(request, token)
  const place = simple ? IN_HEADER : placeIn(bare, server, target())
  return { request: withToken(bare, place, token, proof), token, scope, secrets: [token] }
}

/** A failure as it is to be dealt with: a rejected token is reported; what is wrong with a signature lasts. */
export function reported(
  failure: ApiFailure,
  authorization: CallAuthorization,
  token: string | undefined,
): ApiFailure {
  if (failure.about !== 'token') return failure
  if (token === undefined || 'sign' in authorization) return { ...failure, about: 'request' }
  authorization.reject(token)
  return failure
}

/** The error of a failure: of the server's own class where it has one. */
export function errorOf({ errorOf: own }: ResourceServer, failure: Failure): Error {
  return own !== undefined && 'about' in failure ? own(failure as ApiFailure) : new EvergrantError(failure)
}
