import type { Provider } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { baidu } from '@evergrant/provider-baidu'
import { baiduApi } from '@evergrant/provider-baidu/calls'
import {
  dingtalk,
  dingtalkApi,
  feishu,
  feishuApi,
  wechat,
  wechatApi,
  wecom,
  wecomApi,
} from '@evergrant/provider-platforms'

export const PRESET_NAMES = ['baidu', 'wechat', 'wecom', 'feishu', 'dingtalk'] as const

export type PresetName = (typeof PRESET_NAMES)[number]

/** A platform that the command knows by name. */
export interface ProviderPreset {
  /** As people know it. */
  readonly label: string
  /** Where id and secret of an application are found, unless files are named. */
  readonly idVariable: string
  readonly secretVariable: string
  readonly provider: Provider
  /** Its token endpoint at a sandbox of this origin. */
  readonly sandboxed: (origin: string) => Provider
  /** Its APIs, at further origins, too. */
  readonly api: (origins: readonly string[]) => ResourceServer
  /** The header field that carries a token, as it is printed; `undefined` where APIs want the token in the query. */
  readonly header: ((accessToken: string) => string) | undefined
}

const bearer = (accessToken: string) => `Authorization: Bearer ${accessToken}`

export const PRESETS: Readonly<Record<PresetName, ProviderPreset>> = {
  baidu: {
    label: 'Baidu',
    idVariable: 'BAIDU_API_KEY',
    secretVariable: 'BAIDU_SECRET_KEY',
    provider: baidu({ endpoint: 'aip' }),
    sandboxed: origin => baidu({ endpoint: `${origin}/oauth/2.0/token` }),
    api: origins => baiduApi({ origins }),
    header: bearer,
  },
  wechat: {
    label: 'WeChat',
    idVariable: 'WECHAT_APP_ID',
    secretVariable: 'WECHAT_APP_SECRET',
    provider: wechat(),
    sandboxed: origin => wechat({ origin }),
    api: origins => wechatApi({ origins }),
    header: undefined,
  },
  wecom: {
    label: 'WeCom',
    idVariable: 'WECOM_CORP_ID',
    secretVariable: 'WECOM_CORP_SECRET',
    provider: wecom(),
    sandboxed: origin => wecom({ origin }),
    api: origins => wecomApi({ origins }),
    header: undefined,
  },
  feishu: {
    label: 'Feishu',
    idVariable: 'FEISHU_APP_ID',
    secretVariable: 'FEISHU_APP_SECRET',
    provider: feishu(),
    sandboxed: origin => feishu({ origin }),
    api: origins => feishuApi({ origins }),
    header: bearer,
  },
  dingtalk: {
    label: 'DingTalk',
    idVariable: 'DINGTALK_APP_KEY',
    secretVariable: 'DINGTALK_APP_SECRET',
    provider: dingtalk(),
    sandboxed: origin => dingtalk({ origin }),
    api: origins => dingtalkApi({ origins }),
    header: accessToken => `x-acs-dingtalk-access-token: ${accessToken}`,
  },
}
