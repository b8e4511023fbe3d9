import { fromBase64Url } from '@evergrant/core'

/** The bytes of base64 (RFC 4648 §4), with padding. `undefined` for anything else. */
export function fromBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    return undefined
  return fromBase64Url(text.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_'))
}
