import { toHex } from '../digest/fingerprint.ts'
import { sha256 } from '../digest/sha256.ts'
import { utf8Bytes } from '../digest/utf8.ts'
import { MembersReader } from '../record/members-reader.ts'

/** A sign-in that has begun: what has to be known when its answer comes, perhaps in another process. */
export interface PendingAuthorization {
  readonly provider: string
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly audience?: string
  /** On whose behalf, if the caller has said so. */
  readonly subject: string | undefined
  /** The PKCE code verifier (RFC 7636 §4.1); `undefined` where the server refuses PKCE. A secret. */
  readonly verifier: string | undefined
  readonly issuer: string | undefined
  readonly namesIssuer: boolean
  /** Epoch ms after which the answer is not accepted any more. */
  readonly expiresAt: number
}

const FORMAT = 1
const KEY_PREFIX = 'evergrant:1:flow:'

/** The store key of a pending sign-in: a hash of its state, so that whoever lists keys cannot answer it. */
export function pendingKey(state: string): string {
  return KEY_PREFIX + toHex(sha256(utf8Bytes(state)))
}

export function encodePending(pending: PendingAuthorization): string {
  return JSON.stringify({ format: FORMAT, ...pending })
}

/** Reads what was stored; `undefined` for anything else. Never throws. */
export function decodePending(text: string): PendingAuthorization | undefined {
  try {
    const members = new MembersReader(JSON.parse(text))
    if (members.count('format') !== FORMAT) return undefined
    const audience = members.optionalText('audience')
    return {
      provider: members.text('provider'),
      tokenEndpoint: members.text('tokenEndpoint'),
      clientId: members.text('clientId'),
      redirectUri: members.text('redirectUri'),
      scopes: members.texts('scopes') ?? [],
      resources: members.texts('resources') ?? [],
      ...(audience !== undefined && { audience }),
      subject: members.optionalText('subject'),
      verifier: members.optionalText('verifier'),
      issuer: members.optionalText('issuer'),
      namesIssuer: members.flag('namesIssuer'),
      expiresAt: members.count('expiresAt'),
    }
  } catch {
    return undefined
  }
}
