import { EvergrantError, fail, type ProofOfPossession } from '@evergrant/core'
import { invalidOption } from '../invalid-option.ts'
import type { Token } from '../token.ts'
import type { ApiRequest, Parts } from './api-request.ts'

/** Proves, for one sending of a call, the possession of the key that its token is bound to (RFC 9449 §7). */
export async function withProof(
  parts: Parts,
  proof: ProofOfPossession | undefined,
  { method, url }: ApiRequest,
  { accessToken }: Token,
): Promise<Parts> {
  const headers = new Headers(parts.headers)
  if (headers.has('dpop')) throw new EvergrantError(fail('scheme_conflict'))
  if (proof === undefined) {
    throw invalidOption('the token is bound to a key, and its source has no proof of possession')
  }
  headers.set('dpop', await proof.prove({ method, url: url.href, accessToken }))
  return { ...parts, headers }
}

/** Lets the proof hear of an answer. Whether it asks for the same call with another proof. */
export function asksForProof(proof: ProofOfPossession | undefined, url: URL, response: Response): boolean {
  if (proof === undefined) return false
  const { status, headers } = response
  const header = (name: string) => headers.get(name) ?? undefined
  return proof.heed(url.href, { status, header, body: undefined })
}
