import type { Secret } from '@evergrant/core'
import type { RequestSigner } from '@evergrant/core/calls'
import { readApiKey } from './signing-keys.ts'

/**
 * Sends an API Key of the new kind (`bce-v3/ALTAK-…/…`) as `Authorization: Bearer`: nothing to obtain, nothing to
 * renew. A secret is read for every request, so that the key may change.
 *
 * Signing rejects with `secret_unavailable` or `key_unsuitable`, both of kind `configure`, when there is no key, or it
 * is clearly of another kind.
 */
export function baiduApiKey(key: string | Secret): RequestSigner {
  return {
    async sign() {
      return [['authorization', `Bearer ${await readApiKey(key)}`]]
    },
  }
}
