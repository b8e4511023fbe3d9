import { EvergrantError, fail, type SuppliedToken, type TokenSupply } from '@evergrant/core'
import type { Dispatcher } from 'undici'
import { answerOf, type IncomingHeaders } from './incoming-answer.ts'

type Request = Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'method'>

/** A proof, for one sending, that the key is held which a token is bound to; `undefined` for a bearer token. */
export async function proofOf(
  { proof }: TokenSupply,
  { accessToken, tokenType }: SuppliedToken,
  request: Request,
): Promise<string | undefined> {
  if (tokenType !== 'DPoP') return undefined
  if (proof !== undefined) return proof.prove({ method: request.method, url: urlOf(request), accessToken })
  const message = 'Invalid option: the token is bound to a key, and its source has no proof of possession.'
  throw new EvergrantError(fail('invalid_option', { message }))
}

/** Lets the proof hear of an answer. Whether it asks for the same request with another proof. */
export function asksForProof(
  { proof }: TokenSupply,
  request: Request,
  status: number,
  headers: IncomingHeaders,
): boolean {
  return proof?.heed(urlOf(request), answerOf(status, headers, undefined)) === true
}

function urlOf({ origin, path }: Request): string {
  return new URL(String(origin)).origin + path
}
