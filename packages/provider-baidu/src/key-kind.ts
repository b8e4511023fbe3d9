import type { Advice } from '@evergrant/core'

/**
 * What a key of the Baidu console looks like.
 *
 * - `api_key`: the API Key of an AI application (24 letters and digits): the client id.
 * - `secret_key`: the Secret Key of an AI application (32 letters and digits): the client secret.
 * - `iam_access_key`: an Access Key of the account (`ALTAK…`), for signed requests.
 * - `bearer_key`: an API Key of the new kind (`bce-v3/ALTAK-…/…`), sent as `Authorization: Bearer`.
 * - `access_token`: a token, not a key.
 * - `unknown`: none of these; not necessarily wrong.
 */
export type BaiduKeyKind =
  | 'api_key'
  | 'secret_key'
  | 'iam_access_key'
  | 'bearer_key'
  | 'access_token'
  | 'unknown'

const KINDS: readonly (readonly [BaiduKeyKind, RegExp])[] = [
  ['bearer_key', /^bce-v3\//],
  ['iam_access_key', /^ALTAK/],
  ['access_token', /^2[0-9]\.[0-9a-f]{32}\./],
  ['api_key', /^[A-Za-z0-9]{24}$/],
  ['secret_key', /^[A-Za-z0-9]{32}$/],
]

/** The kind of a key, by its shape alone. */
export function baiduKeyKind(key: string): BaiduKeyKind {
  return KINDS.find(([, shape]) => shape.test(key.trim()))?.[0] ?? 'unknown'
}

/** What looks wrong about an API Key and a Secret Key; `undefined` when nothing does. */
export function doubtBaiduClient(id: string, secret: string): Advice | undefined {
  const kinds = [baiduKeyKind(id), baiduKeyKind(secret)]
  if (kinds[0] === 'secret_key' && kinds[1] === 'api_key') return SWAPPED
  if (kinds.includes('bearer_key')) return BEARER
  if (kinds.includes('iam_access_key')) return IAM
  if (kinds.includes('access_token')) return TOKEN
  if (id !== id.trim() || secret !== secret.trim()) return SPACE
  return id === secret ? SAME : undefined
}

const SWAPPED: Advice = {
  en: 'API Key (24 characters) and Secret Key (32 characters) seem to be swapped.',
  zh: 'API Key（24 位）与 Secret Key（32 位）似乎填反了。',
}
const BEARER: Advice = {
  en: 'A key that begins with "bce-v3/" is an API Key of the new kind: send it as "Authorization: Bearer", without any access token. For access tokens use API Key and Secret Key of an AI application.',
  zh: '以 bce-v3/ 开头的是新版 API Key，应以 Authorization: Bearer 直接调用，无需 access_token；获取 access_token 请使用 AI 应用的 API Key 与 Secret Key。',
}
const IAM: Advice = {
  en: 'A key that begins with "ALTAK" is an Access Key of the account, for signed requests. For access tokens use API Key and Secret Key of an AI application.',
  zh: '以 ALTAK 开头的是账号的 Access Key，用于签名请求；获取 access_token 请使用 AI 应用的 API Key 与 Secret Key。',
}
const TOKEN: Advice = {
  en: 'An access token was given in the place of a key. Use API Key and Secret Key of an AI application.',
  zh: '误将 access_token 当作密钥；请使用 AI 应用的 API Key 与 Secret Key。',
}
const SPACE: Advice = {
  en: 'API Key or Secret Key has white space around it; remove it.',
  zh: 'API Key 或 Secret Key 首尾含有空白字符，请去除。',
}
const SAME: Advice = {
  en: 'API Key and Secret Key are the same text; copy them again from the console.',
  zh: 'API Key 与 Secret Key 相同，请从控制台重新复制。',
}
