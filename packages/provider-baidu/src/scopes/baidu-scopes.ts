import type { Advice } from '@evergrant/core'
import type { CallTarget } from '@evergrant/core/calls'

/** A scope: what it is good for, and how to get it. */
export interface BaiduScopeEntry {
  readonly meaning: Advice
  readonly enable: Advice
}

type Row = readonly [scope: string, meaningEn: string, meaningZh: string, enableEn: string, enableZh: string]

const AT_APPLICATION_EN = 'enable it for the application in the console'
const AT_APPLICATION_ZH = '请在控制台为该应用开通'
const AT_SIGN_IN_EN = 'ask for it when the user signs in'
const AT_SIGN_IN_ZH = '请在用户授权时申请'

const APPLICATION: readonly Row[] = [
  [
    'brain_all_scope',
    'the AI APIs at aip.baidubce.com: text and image recognition, faces, language, translation',
    'aip.baidubce.com 上的 AI 接口：文字识别、图像识别、人脸、语言处理、机器翻译等',
    'enable the AI service for the application in the console',
    '请在控制台为该应用开通相应的 AI 服务',
  ],
  [
    'audio_voice_assistant_get',
    'speech recognition (vop.baidu.com/server_api)',
    '语音识别（vop.baidu.com/server_api）',
    AT_APPLICATION_EN,
    AT_APPLICATION_ZH,
  ],
  [
    'brain_enhanced_asr',
    'fast speech recognition (vop.baidu.com/pro_api)',
    '语音识别极速版（vop.baidu.com/pro_api）',
    AT_APPLICATION_EN,
    AT_APPLICATION_ZH,
  ],
  [
    'audio_tts_post',
    'speech synthesis (tsn.baidu.com/text2audio)',
    '语音合成（tsn.baidu.com/text2audio）',
    AT_APPLICATION_EN,
    AT_APPLICATION_ZH,
  ],
  [
    'public',
    'APIs that are open to every application',
    '面向所有应用的公共接口',
    'it comes with every application',
    '所有应用默认拥有',
  ],
]

const USER: readonly Row[] = [
  ['basic', "the user's name and picture", '用户的基本信息', AT_SIGN_IN_EN, AT_SIGN_IN_ZH],
  ['netdisk', "the user's files at Baidu Netdisk", '用户在百度网盘中的文件', AT_SIGN_IN_EN, AT_SIGN_IN_ZH],
  [
    'super_msg',
    "messages on the user's Baidu home page",
    '向用户的百度首页发送消息提醒',
    AT_SIGN_IN_EN,
    AT_SIGN_IN_ZH,
  ],
  ['mobile', "the user's mobile number", '用户的手机号码', AT_SIGN_IN_EN, AT_SIGN_IN_ZH],
]

/** The scopes of the platform that matter to programs. Tokens name many more, most of them internal to the platform. */
export const BAIDU_SCOPES: Readonly<Record<string, BaiduScopeEntry>> = /* @__PURE__ */ entriesOf(
  APPLICATION,
  USER,
)

function entriesOf(...tables: readonly (readonly Row[])[]): Record<string, BaiduScopeEntry> {
  return Object.fromEntries(
    tables
      .flat()
      .map(([scope, en, zh, enableEn, enableZh]) => [
        scope,
        { meaning: { en, zh }, enable: { en: enableEn, zh: enableZh } },
      ]),
  )
}

/** The scopes that a call needs, as far as is documented; none for all other calls. */
export function baiduScopesFor({ hostname, pathname }: CallTarget): readonly string[] {
  if (pathname === '/server_api') return ['audio_voice_assistant_get']
  if (pathname === '/pro_api') return ['brain_enhanced_asr']
  if (pathname === '/text2audio') return ['audio_tts_post']
  // Passports and the Open API of users live below the same path, at another host.
  return /^\/(rest|rpc)\/2\.0\//.test(pathname) && !/^(openapi|pan)\./.test(hostname) ? AI_SCOPES : []
}

const AI_SCOPES = ['brain_all_scope']

/** What to do about scopes that an application lacks. */
export function baiduScopeAdvice(missing: readonly string[]): Advice {
  const known = missing.flatMap(scope =>
    Object.hasOwn(BAIDU_SCOPES, scope) ? [[scope, BAIDU_SCOPES[scope] as BaiduScopeEntry] as const] : [],
  )
  const en = known.map(([scope, entry]) => `${scope} is for ${entry.meaning.en}: ${entry.enable.en}.`)
  const zh = known.map(([scope, entry]) => `${scope} 用于${entry.meaning.zh}：${entry.enable.zh}。`)
  if (known.length < missing.length) {
    const unknown = missing.filter(scope => !Object.hasOwn(BAIDU_SCOPES, scope)).join(', ')
    en.push(`What ${unknown} is for is not known here: ${AT_APPLICATION_EN}, if Baidu has it.`)
    zh.push(`${unknown} 未收录：若百度提供该权限，${AT_APPLICATION_ZH}。`)
  }
  return {
    en: [...en, 'Then drop the token that is held: scopes are fixed when a token is issued.'].join(' '),
    zh: [...zh, '开通后请丢弃现有令牌：权限在令牌签发时即已确定。'].join(''),
  }
}
