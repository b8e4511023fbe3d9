import { toHex } from '@evergrant/core'
import type { SignableRequest } from '@evergrant/core/calls'
import { canonicalHeaders, canonicalRequest } from './canonical-request.ts'

/** What a signature is made with. */
export interface BceSigning {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Epoch ms from which the signature is valid. Rounded down to the second. */
  readonly signedAt: number
  /** How long it is valid, in seconds. 1,800 by default. */
  readonly expirationSeconds?: number
}

/**
 * The Authorization header of a request by `bce-auth-v1`. Signs method, path, query, and of the header fields that are
 * given `host`, `content-length`, `content-type`, `content-md5` and all that begin with `x-bce-`.
 *
 * @see https://cloud.baidu.com/doc/Reference/s/njwvz1yfu
 */
export async function bceAuthorization(request: SignableRequest, signing: BceSigning): Promise<string> {
  const { accessKeyId, secretAccessKey, signedAt, expirationSeconds = 1_800 } = signing
  const prefix = `bce-auth-v1/${accessKeyId}/${bceDate(signedAt)}/${expirationSeconds}`
  const headers = canonicalHeaders(request.headers)
  const key = await bceSigningKey(secretAccessKey, prefix)
  const signature = await hmacHex(key, canonicalRequest(request, headers))
  return `${prefix}/${headers.names.join(';')}/${signature}`
}

/** The key that signatures of this prefix are made with: the digits are the key, not what they stand for. */
export function bceSigningKey(secretAccessKey: string, prefix: string): Promise<string> {
  return hmacHex(secretAccessKey, prefix)
}

/** An instant in epoch ms as BCE writes it: `2015-04-27T08:23:49Z`. */
export function bceDate(at: number): string {
  return `${new Date(at).toISOString().slice(0, -5)}Z`
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

async function hmacHex(key: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const imported = await crypto.subtle.importKey('raw', encoder.encode(key), HMAC, false, ['sign'])
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text))))
}
