import { type Failure, inWords } from '@evergrant/core'
import { messageOf } from '../chinese/failure-text.ts'
import { spanInChinese } from '../chinese/span-text.ts'
import { readsChinese, type Terminal } from '../terminal.ts'

/** What an agent says at its terminal, in a language. */
export interface AgentWords {
  readonly ready: string
  /** Names of what it says of itself, of at most 12 columns. */
  readonly tokensOf: string
  readonly socket: string
  readonly try: string
  readonly key: string
  readonly viewKey: string
  readonly metrics: string
  readonly dashboard: string
  readonly named: (label: string, name: string) => string
  readonly inFile: (path: string) => string
  readonly won: (lifeMs: number) => string
  readonly notWon: (failure: Failure) => string
  readonly adopted: string
  readonly rejected: string
  readonly storeSilent: string
  readonly storeAnswers: string
  readonly noTokenYet: (why: string) => string
  readonly why: (failure: Pick<Failure, 'code' | 'message'>) => string
}

const ENGLISH: AgentWords = {
  ready: 'The agent is ready; Ctrl-C ends it.',
  tokensOf: 'tokens of',
  socket: 'socket',
  try: 'try',
  key: 'key',
  viewKey: 'view key',
  metrics: 'metrics',
  dashboard: 'dashboard',
  named: (label, name) => `${label}, as ${name}`,
  inFile: path => `in ${path}`,
  won: lifeMs => `a token was won, for ${inWords(lifeMs)}`,
  notWon: ({ code, message }) => `no token was won (${code}): ${message}`,
  adopted: 'the token of another process was taken over',
  rejected: 'the token was rejected by an API, and is replaced',
  storeSilent: 'the store does not answer',
  storeAnswers: 'the store answers again',
  noTokenYet: why => `there is no token yet, and another try every 10 s: ${why}`,
  why: failure => `${failure.code}: ${messageOf(failure, 'en')}`,
}

const CHINESE: AgentWords = {
  ready: '代理已就绪；按 Ctrl-C 结束。',
  tokensOf: '令牌所属',
  socket: '套接字',
  try: '试用',
  key: '密钥',
  viewKey: '查看密钥',
  metrics: '指标',
  dashboard: '仪表盘',
  named: (label, name) => `${label}，名称 ${name}`,
  inFile: path => `位于 ${path}`,
  won: lifeMs => `获得新令牌，有效期 ${spanInChinese(lifeMs)}`,
  notWon: failure => `未获得令牌（${failure.code}）：${messageOf(failure, 'zh')}`,
  adopted: '采用其他进程的令牌',
  rejected: '令牌被 API 拒绝，正在更换',
  storeSilent: '存储无应答',
  storeAnswers: '存储已恢复',
  noTokenYet: why => `尚无令牌，每 10 秒重试一次：${why}`,
  why: failure => `${failure.code}：${messageOf(failure, 'zh')}`,
}

/** By the locale of whoever sits at the terminal. */
export function agentWords(env: Terminal['env']): AgentWords {
  return readsChinese(env) ? CHINESE : ENGLISH
}
