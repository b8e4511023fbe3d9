import { EvergrantError, fail, isTokenText, type Secret } from '@evergrant/core'
import { baiduKeyKind, type KnownBaiduKeyKind, keyUnsuitable } from '../key-kind.ts'

/** Access Key ID and Secret Access Key of an account, as text or as secrets that are read for every request. */
export interface BaiduAccessKey {
  /** `ALTAK…`, or 32 hexadecimal digits for older ones. */
  readonly accessKeyId: string | Secret
  readonly secretAccessKey: string | Secret
}

/** Kinds that an Access Key ID certainly is not, and those that a Secret Access Key is not. */
const NO_ACCESS_KEY_ID: readonly KnownBaiduKeyKind[] = ['bearer_key', 'access_token', 'api_key']
const NO_SECRET_ACCESS_KEY: readonly KnownBaiduKeyKind[] = ['bearer_key', 'access_token', 'iam_access_key']

/**
 * Reads both parts of an Access Key. Rejects with kind `configure`: `secret_unavailable` when one is empty,
 * `key_unsuitable` when one is clearly a key of another kind, or has characters that no header can carry.
 */
export async function readAccessKey(key: BaiduAccessKey): Promise<{ id: string; secret: string }> {
  const id = await readKey(key.accessKeyId, 'Access Key ID')
  const secret = await readKey(key.secretAccessKey, 'Secret Access Key')
  requireKind(id, NO_ACCESS_KEY_ID, 'access_key')
  requireKind(secret, NO_SECRET_ACCESS_KEY, 'access_key')
  return { id, secret }
}

/** Reads an API Key of the new kind (`bce-v3/ALTAK-…/…`). Rejects as {@link readAccessKey} does. */
export async function readApiKey(from: string | Secret): Promise<string> {
  const key = await readKey(from, 'API Key')
  requireKind(key, NO_API_KEY, 'bearer_key')
  return key
}

const NO_API_KEY: readonly KnownBaiduKeyKind[] = ['api_key', 'secret_key', 'iam_access_key', 'access_token']

function requireKind(
  key: string,
  wrong: readonly KnownBaiduKeyKind[],
  wanted: 'access_key' | 'bearer_key',
): void {
  if (!isTokenText(key)) throw keyUnsuitable(wanted, 'garbled')
  const kind = baiduKeyKind(key)
  const known = wrong.find(each => each === kind)
  if (known !== undefined) throw keyUnsuitable(wanted, known)
}

/** Freed of white space around it, which no key has and every copy may. */
async function readKey(from: string | Secret, what: string): Promise<string> {
  const text = typeof from === 'string' ? from : await from.read()
  const key = typeof text === 'string' ? text.trim() : ''
  if (key !== '') return key
  throw new EvergrantError(fail('secret_unavailable', { message: `The ${what} is empty.` }))
}
