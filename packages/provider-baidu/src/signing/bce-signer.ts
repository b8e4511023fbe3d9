import { EvergrantError, fail, headerOf } from '@evergrant/core'
import type { RequestSigner } from '@evergrant/core/calls'
import { bceAuthorization, bceDate } from './bce-authorization.ts'
import { type BaiduAccessKey, readAccessKey } from './signing-keys.ts'

export interface BceSignerOptions extends BaiduAccessKey {
  /** How long a signature is valid, in seconds. 1 or more, 1,800 by default. */
  readonly expirationSeconds?: number
  /** Epoch ms. `Date.now` by default; the platform refuses a clock that is off by more than a signature lives. */
  readonly now?: () => number
}

/**
 * Signs requests by `bce-auth-v1` with the Access Key of an account: host, path, query, type and MD5 of the body, and
 * all fields that begin with `x-bce-`. Every attempt is signed anew, for the moment at which it is sent.
 *
 * Throws `invalid_option` at once; signing rejects with `secret_unavailable` or `key_unsuitable`, both of kind
 * `configure`, when there is no Access Key, or it is clearly a key of another kind.
 */
export function bceSigner(options: BceSignerOptions): RequestSigner {
  const { expirationSeconds = 1_800, now = Date.now } = options
  if (!Number.isSafeInteger(expirationSeconds) || expirationSeconds < 1) {
    const message = `Invalid option: expirationSeconds is ${expirationSeconds}.`
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  return {
    async sign({ method, url, headers }) {
      const { id, secret } = await readAccessKey(options)
      const signedAt = now()
      const date = ['x-bce-date', bceDate(signedAt)] as const
      // Whoever sends the body decides its length.
      const own = headers.filter(([name]) => !LEFT_OUT.has(name.toLowerCase()))
      const host = ['host', headerOf(headers, 'host') ?? new URL(url).host] as const
      const authorization = await bceAuthorization(
        { method, url, headers: [...own, host, date] },
        { accessKeyId: id, secretAccessKey: secret, signedAt, expirationSeconds },
      )
      return [date, ['authorization', authorization]]
    },
  }
}

const LEFT_OUT = new Set(['host', 'content-length', 'x-bce-date'])
