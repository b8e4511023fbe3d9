import { type BaiduErrorEntry, errorEntry } from './error-entry.ts'

const SIGNATURE_EN = 'Check Access Key ID and Secret Access Key; they must be of the same pair.'
const SIGNATURE_ZH = '请核对 Access Key ID 与 Secret Access Key 是否为同一对。'
const REPORT_EN = 'Repeat the call after a short pause.'
const REPORT_ZH = '稍候重试。'

/** Errors by name: of the cloud's IAM (`{ code, message, requestId }`), and of the gateway in front of Qianfan. */
export const GATEWAY_ERRORS: Readonly<Record<string, BaiduErrorEntry>> = {
  AccessDenied: /* @__PURE__ */ errorEntry(
    'configure',
    'This account or Access Key may not do this.',
    '该账号或 Access Key 无权执行此操作。',
    'Grant the permission to the account in the console.',
    '请在控制台为该账号授权。',
  ),
  InvalidAccessKeyId: /* @__PURE__ */ errorEntry(
    'configure',
    'There is no such Access Key.',
    'Access Key 不存在。',
    'Copy the Access Key ID again from the console; a key that was deleted there is gone.',
    '请从控制台重新复制 Access Key ID；已删除的密钥不可用。',
  ),
  InvalidHTTPAuthHeader: /* @__PURE__ */ errorEntry(
    'configure',
    'The Authorization header is malformed.',
    'Authorization 请求头格式有误。',
    'Check that nothing on the way changes the header, and that no second scheme is in the request.',
    '请检查中间代理是否改动了请求头，且请求中没有第二种鉴权方式。',
  ),
  RequestExpired: /* @__PURE__ */ errorEntry(
    'configure',
    'The signature has expired, or is not valid yet.',
    '签名已过期或尚未生效。',
    'Set the clock of this machine: it is off by more than a signature lives.',
    '请校准本机时钟：其偏差超过了签名的有效期。',
  ),
  SignatureDoesNotMatch: /* @__PURE__ */ errorEntry(
    'configure',
    'The signature does not match the request.',
    '签名与请求不符。',
    SIGNATURE_EN,
    SIGNATURE_ZH,
  ),
  IamSignatureInvalid: /* @__PURE__ */ errorEntry(
    'configure',
    'The signature was not accepted, or there is no such Access Key.',
    '签名未通过校验，或 Access Key 不存在。',
    SIGNATURE_EN,
    SIGNATURE_ZH,
  ),
  OptInRequired: /* @__PURE__ */ errorEntry(
    'configure',
    'The account has not enabled this service.',
    '该账号尚未开通此服务。',
    'Enable the service in the console.',
    '请在控制台开通该服务。',
  ),
  InternalError: /* @__PURE__ */ errorEntry(
    'retry',
    'Internal error of the platform.',
    '平台内部错误。',
    REPORT_EN,
    REPORT_ZH,
  ),
  invalid_iam_token: /* @__PURE__ */ errorEntry(
    'renew',
    'The bearer key was not accepted.',
    'Authorization 中的密钥未通过校验。',
    'Send an API Key that begins with "bce-v3/": an access token of an AI application is not accepted here.',
    '请使用以 bce-v3/ 开头的 API Key：此处不接受 AI 应用的 access_token。',
  ),
  invalid_model: /* @__PURE__ */ errorEntry(
    'give_up',
    'There is no such model, or the account may not use it.',
    '模型不存在，或账号无权使用。',
    'Check the name of the model.',
    '请核对模型名称。',
  ),
  account_overdue: /* @__PURE__ */ errorEntry(
    'configure',
    'The account is in arrears.',
    '账号已欠费。',
    'Pay what is due in the console.',
    '请在控制台充值。',
  ),
}
