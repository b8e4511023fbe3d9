/**
 * Platforms with access tokens of their own kind, as data: where tokens come from and what another request does to
 * those before it, where they stand in calls, and what error codes mean.
 *
 * @packageDocumentation
 */
export {
  DINGTALK_ERRORS,
  DINGTALK_TOKEN_ERRORS,
  type DingtalkOptions,
  dingtalk,
  dingtalkApi,
} from './dingtalk.ts'
export { FEISHU_ERRORS, FEISHU_TOKEN_ERRORS, type FeishuOptions, feishu, feishuApi } from './feishu.ts'
export type { PlatformApiOptions } from './platform-api.ts'
export type { PlatformAction, PlatformError, PlatformErrorTable } from './platform-error.ts'
export {
  WECHAT_ERRORS,
  WECHAT_TOKEN_ERRORS,
  type WechatOptions,
  wechat,
  wechatApi,
} from './wechat.ts'
export { WECOM_ERRORS, WECOM_TOKEN_ERRORS, type WecomOptions, wecom, wecomApi } from './wecom.ts'
