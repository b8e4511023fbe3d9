import { type Advice, EvergrantError } from '@evergrant/core'

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

/** A kind that a key's shape tells for certain. */
export type KnownBaiduKeyKind = Exclude<BaiduKeyKind, 'unknown'>

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

/**
 * The error for a key that is used where one of another kind belongs: kind `configure`, code `key_unsuitable`. Says
 * what is needed and what the key that was given is good for; never quotes it.
 */
export function keyUnsuitable(
  wanted: 'access_key' | 'bearer_key',
  given: KnownBaiduKeyKind | 'garbled',
): EvergrantError {
  const needed = NEEDED[wanted]
  const use = USES[given]
  const advice = { en: `${needed.en} ${use.en}`, zh: `${needed.zh}${use.zh}` }
  return new EvergrantError({ kind: 'configure', code: 'key_unsuitable', message: advice.en, advice })
}

const NEEDED: Readonly<Record<'access_key' | 'bearer_key', Advice>> = {
  access_key: {
    en: 'A signature needs the Access Key ID ("ALTAK…") and the Secret Access Key of the account.',
    zh: '签名需要账号的 Access Key ID（以 ALTAK 开头）与 Secret Access Key。',
  },
  bearer_key: {
    en: 'A key for "Authorization: Bearer" begins with "bce-v3/ALTAK-".',
    zh: '用于 Authorization: Bearer 的 API Key 以 bce-v3/ALTAK- 开头。',
  },
}

/** What a key of each kind is good for. */
const USES: Readonly<Record<KnownBaiduKeyKind | 'garbled', Advice>> = {
  api_key: {
    en: 'The key that was given looks like the API Key of an AI application: with its Secret Key it obtains access tokens, see baidu().',
    zh: '所给密钥像是 AI 应用的 API Key：它与 Secret Key 一起用于获取 access_token，见 baidu()。',
  },
  secret_key: {
    en: 'The key that was given looks like a Secret Key: with the API Key of its AI application it obtains access tokens, see baidu().',
    zh: '所给密钥像是 Secret Key：它与 AI 应用的 API Key 一起用于获取 access_token，见 baidu()。',
  },
  iam_access_key: {
    en: 'The key that was given looks like an Access Key ID: it belongs in accessKeyId, see bceSigner() and baiduBearer().',
    zh: '所给密钥像是 Access Key ID：应作为 accessKeyId 使用，见 bceSigner() 与 baiduBearer()。',
  },
  bearer_key: {
    en: 'The key that was given is an API Key of the new kind: it is sent as it is, see baiduApiKey().',
    zh: '所给密钥是新版 API Key：直接随请求发送即可，见 baiduApiKey()。',
  },
  access_token: {
    en: 'What was given is an access token, not a key: let a token source obtain it, see baidu().',
    zh: '所给内容是 access_token 而非密钥：请由 tokenSource 获取，见 baidu()。',
  },
  garbled: {
    en: 'The key that was given has characters that no key has; copy it again from the console.',
    zh: '所给密钥含有非法字符，请从控制台重新复制。',
  },
}
