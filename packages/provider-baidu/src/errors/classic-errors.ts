import { type BaiduErrorTable, errorTable } from './error-entry.ts'

const SIGNATURE_EN = 'Check how the request is signed, and the clock of this machine.'
const SIGNATURE_ZH = '请检查请求签名与本机时钟。'

const IP_EN =
  'Add the public address of this server to the allow-list in the console: the one that Baidu sees, of its NAT gateway or proxy if it has one.'
const IP_ZH = '请在控制台将服务器的公网 IP 加入白名单；若经 NAT 网关或代理访问，则为百度所见的出口 IP。'

/** `error_code` of the classic Open API on openapi.baidu.com, where it differs from the AI APIs. */
export const CLASSIC_ERRORS: BaiduErrorTable = /* @__PURE__ */ errorTable([
  [5, 'configure', 'This IP address may not call the API.', 'IP 地址未被授权。', IP_EN, IP_ZH],
  [101, 'configure', 'Invalid API Key.', 'API Key 无效。', 'Check the API Key.', '请核对 API Key。'],
  [
    102,
    'renew',
    'The session key is invalid or has expired.',
    'Session key 无效或已过期。',
    'A new token is obtained.',
    '将重新获取令牌。',
  ],
  [104, 'give_up', 'Incorrect signature.', '签名错误。', SIGNATURE_EN, SIGNATURE_ZH],
  [105, 'give_up', 'Invalid timestamp.', '时间戳无效。', SIGNATURE_EN, SIGNATURE_ZH],
  [106, 'give_up', 'The request was used before.', '请求已被使用过。', SIGNATURE_EN, SIGNATURE_ZH],
  [
    107,
    'give_up',
    'The signature is of an unknown version.',
    '签名版本不受支持。',
    SIGNATURE_EN,
    SIGNATURE_ZH,
  ],
  [108, 'give_up', 'The request has no valid signature.', '请求缺少有效签名。', SIGNATURE_EN, SIGNATURE_ZH],
  [109, 'configure', 'Invalid IP address.', 'IP 地址无效。', IP_EN, IP_ZH],
  [
    112,
    'renew',
    'The session key has expired.',
    'Session key 已过期。',
    'A new token is obtained.',
    '将重新获取令牌。',
  ],
  [
    114,
    'give_up',
    'Invalid IP address for this signature.',
    '签名与 IP 地址不符。',
    SIGNATURE_EN,
    SIGNATURE_ZH,
  ],
])

/** Codes that users of the platform are told to expect, though none of its current tables lists them. */
export const PLATFORM_ERRORS: BaiduErrorTable = /* @__PURE__ */ errorTable([
  [
    40002,
    'configure',
    'API Key or Secret Key is wrong.',
    'API Key 或 Secret Key 有误。',
    'Check both in the console: they must belong to the same application, without spaces around them.',
    '请在控制台核对两者：须属于同一应用，且首尾无空格。',
  ],
  [
    40003,
    'configure',
    'The request was not made over HTTPS.',
    '请求未使用 HTTPS。',
    'Use an https:// URL, also behind a proxy.',
    '请使用 https:// 地址，经由代理时同样如此。',
  ],
  [40004, 'configure', 'The IP address is not on the allow-list.', 'IP 不在白名单内。', IP_EN, IP_ZH],
])
