import { readsChinese, type Terminal } from './terminal.ts'

/** What stands before the lines of a report, in the language of whoever reads it. */
export interface Labels {
  readonly serverSaid: (text: string) => string
  readonly whatToDo: (text: string) => string
  /** Whole seconds from now. */
  readonly notBefore: (seconds: number) => string
  readonly httpStatus: (status: number) => string
  readonly note: string
  readonly turnedAway: (address: string) => string
  readonly runAgain: string
  readonly apiAnswered: (what: string) => string
  readonly betweenSentences: string
  readonly sandboxAt: (url: string) => string
  /** What is remarked on a scope, and what to do about one that is missing. */
  readonly scopes: {
    readonly used: string
    readonly unused: string
    readonly missing: string
    readonly unknown: string
    readonly remedy: string
    /** A remark, and what the scope is for. */
    readonly means: (remark: string, meaning: string) => string
  }
}

export const ENGLISH: Labels = {
  serverSaid: text => `the server said: ${text}`,
  whatToDo: text => `what to do: ${text}`,
  notBefore: seconds => `not before: ${seconds} s from now`,
  httpStatus: status => `HTTP status: ${status}`,
  note: 'note: ',
  turnedAway: address => `a connection from ${address} was turned away; --allow ${address} would admit it`,
  runAgain: 'Run the command again.',
  apiAnswered: what => `the API answered with ${what}.`,
  betweenSentences: ' ',
  sandboxAt: url => `sandbox at ${url}: its tokens are worth nothing anywhere else`,
  scopes: {
    used: 'granted and needed',
    unused: 'granted',
    missing: 'needed, not granted',
    unknown: 'Nobody has said which scopes this token has.',
    remedy: 'Have it granted, and obtain a new token.',
    means: (remark, meaning) => `${remark}: ${meaning}`,
  },
}

export const CHINESE: Labels = {
  serverSaid: text => `服务器返回：${text}`,
  whatToDo: text => `处理办法：${text}`,
  notBefore: seconds => `最早重试：${seconds} 秒后`,
  httpStatus: status => `HTTP 状态码：${status}`,
  note: '提示：',
  turnedAway: address => `已拒绝来自 ${address} 的连接；加上 --allow ${address} 即可放行`,
  runAgain: '请重新运行该命令。',
  apiAnswered: what => `API 返回 ${what}。`,
  betweenSentences: '',
  sandboxAt: url => `沙箱位于 ${url}：其令牌在别处均无效`,
  scopes: {
    used: '已授予且需要',
    unused: '已授予',
    missing: '需要但未授予',
    unknown: '未说明此令牌有哪些权限。',
    remedy: '请开通该权限，并获取新的令牌。',
    means: (remark, meaning) => `${remark}：${meaning}`,
  },
}

/** The labels for the person at a terminal, by the locale. */
export function labelsFor(env: Terminal['env']): Labels {
  return readsChinese(env) ? CHINESE : ENGLISH
}
