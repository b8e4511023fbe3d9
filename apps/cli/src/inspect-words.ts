import { inWords } from '@evergrant/core'
import { spanInChinese, unitsInChinese } from './chinese/span-text.ts'
import { readsChinese, type Terminal } from './terminal.ts'
import type { TokenAnatomy } from './token-anatomy.ts'

/** What is told of a token, in a language. */
export interface InspectWords {
  readonly forms: Readonly<Record<TokenAnatomy['form'], string>>
  /** What lines begin with, in at most 12 columns; what is not here is called as it is. */
  readonly names: Readonly<Record<string, string>>
  /** What a token tells of itself, by its name. */
  readonly fact: (name: string, value: string) => string
  readonly beyondCalendars: string
  readonly ahead: (ms: number) => string
  readonly ago: (ms: number) => string
  readonly comma: string
  readonly characters: (count: number) => string
}

const ENGLISH: InspectWords = {
  forms: {
    baidu: 'a token of the Baidu AI Open Platform',
    jwt: 'a JSON Web Token; its signature was not checked',
    opaque: 'opaque: it tells nothing about itself',
  },
  names: {},
  fact: (_name, value) => value,
  beyondCalendars: 'beyond all calendars',
  ahead: ms => `in ${inWords(ms)}`,
  ago: ms => `${inWords(ms)} ago`,
  comma: ', ',
  characters: count => `${count} characters`,
}

const MEANINGS: Readonly<Record<string, string>> = {
  access_token: '访问令牌',
  refresh_token: '刷新令牌',
  unknown: '未知',
}

const CHINESE: InspectWords = {
  forms: {
    baidu: '百度 AI 开放平台的令牌',
    jwt: 'JSON Web Token；未验证其签名',
    opaque: '不透明：令牌自身不含任何信息',
  },
  names: {
    form: '形式',
    type: '类型',
    meaning: '含义',
    lifetime: '有效期',
    appId: '应用 id',
    header: '头部',
    claims: '声明',
    issued: '签发',
    expires: '到期',
    fingerprint: '指纹',
    length: '长度',
  },
  fact: (name, value) => {
    if (name === 'lifetime') return unitsInChinese(value)
    return name === 'meaning' ? (MEANINGS[value] ?? value) : value
  },
  beyondCalendars: '超出历法范围',
  ahead: ms => `${spanInChinese(ms)}后`,
  ago: ms => `${spanInChinese(ms)}前`,
  comma: '，',
  characters: count => `${count} 个字符`,
}

/** By the locale of whoever sits at the terminal. */
export function inspectWords(env: Terminal['env']): InspectWords {
  return readsChinese(env) ? CHINESE : ENGLISH
}
