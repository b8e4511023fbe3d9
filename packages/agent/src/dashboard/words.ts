import { type Decision, type Failure, inWords, type TokenEvent } from '@evergrant/core'

/** How something is: as it should be, about to change, or wrong. */
type Tone = '' | 'good' | 'due' | 'bad'

/** What the dashboard says, in a language. */
export interface Words {
  readonly language: 'en' | 'zh'
  readonly decisions: Readonly<Record<Decision, readonly [tone: Tone, words: string]>>
  readonly events: Partial<Readonly<Record<TokenEvent['type'], readonly [tone: Tone, words: string]>>>
  readonly span: (ms: number) => string
  readonly runningFor: (ms: number) => string
  readonly dueIn: (ms: number) => string
  readonly generation: (number: number) => string
  readonly fingerprint: (text: string) => string
  readonly handedOut: (count: number) => string
  readonly refused: (count: number) => string
  /** A failure, and what to do. */
  readonly failure: (failure: Failure) => string
  /** Until the agent tries again by itself; until anybody's request may be another try. */
  readonly nextTryIn: (ms: number) => string
  readonly noTryFor: (ms: number) => string
  readonly noEnd: string
  readonly due: string
  readonly storeSilent: string
  readonly openLink: string
  readonly silent: string
}

const ENGLISH: Words = {
  language: 'en',
  decisions: {
    serve: ['good', 'fresh'],
    serve_and_renew: ['due', 'valid, renewal is due'],
    wait_for_renewal: ['due', 'being obtained'],
    wait_for_lease: ['due', 'another process obtains it'],
    obtain: ['', 'none yet'],
    fail_fast: ['bad', 'failing'],
  },
  events: {
    'renewal.started': ['', 'a token is requested'],
    'renewal.succeeded': ['good', 'a token was won'],
    'renewal.failed': ['bad', 'no token was won'],
    'renewal.overtaken': ['due', 'another process took over'],
    'token.adopted': ['good', 'the token of another process was taken over'],
    'token.rejected': ['due', 'an API rejected the token'],
    'store.failed': ['bad', 'the store does not answer'],
    'store.recovered': ['good', 'the store answers again'],
    'grant.received': ['good', 'a new grant was stored'],
    'grant.dropped': ['due', 'the grant was forgotten'],
    'commit.late': ['due', 'served, though it is not saved yet'],
  },
  span: inWords,
  runningFor: ms => `The agent has been running for ${inWords(ms)}.`,
  dueIn: ms => `renewal is due in ${inWords(ms)}`,
  generation: number => `generation ${number}`,
  fingerprint: text => `fingerprint ${text}`,
  handedOut: count => `handed out ${times(count)}`,
  refused: count => `refused ${times(count)}`,
  failure: ({ message, advice }) => `${message} ${advice?.en ?? ''}`.trim(),
  nextTryIn: ms => `the next try is in ${inWords(ms)}`,
  noTryFor: ms => `there is no other try for ${inWords(ms)}`,
  noEnd: 'no end',
  due: 'renewal is due',
  storeSilent: 'the store does not answer',
  openLink: 'Open the link that the agent prints when it starts: it brings the viewing key along.',
  silent: 'The agent does not answer.',
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

const UNITS: Readonly<Record<string, string>> = { d: '天', h: '小时', min: '分', s: '秒', ms: '毫秒' }

function inChinese(ms: number): string {
  return inWords(ms).replace(/(\d+) (d|h|min|s|ms)\b/g, (_all, count, unit) => `${count} ${UNITS[unit]}`)
}

const CHINESE: Words = {
  language: 'zh',
  decisions: {
    serve: ['good', '有效'],
    serve_and_renew: ['due', '有效，应续期'],
    wait_for_renewal: ['due', '获取中'],
    wait_for_lease: ['due', '其他进程获取中'],
    obtain: ['', '尚未获取'],
    fail_fast: ['bad', '失败'],
  },
  events: {
    'renewal.started': ['', '请求新令牌'],
    'renewal.succeeded': ['good', '获得新令牌'],
    'renewal.failed': ['bad', '未获得令牌'],
    'renewal.overtaken': ['due', '已由其他进程接管'],
    'token.adopted': ['good', '采用其他进程的令牌'],
    'token.rejected': ['due', '接口拒绝了令牌'],
    'store.failed': ['bad', '存储无应答'],
    'store.recovered': ['good', '存储已恢复'],
    'grant.received': ['good', '已保存新的授权'],
    'grant.dropped': ['due', '授权已删除'],
    'commit.late': ['due', '尚未保存，先行使用'],
  },
  span: inChinese,
  runningFor: ms => `代理已运行 ${inChinese(ms)}。`,
  dueIn: ms => `${inChinese(ms)}后应续期`,
  generation: number => `第 ${number} 代`,
  fingerprint: text => `指纹 ${text}`,
  handedOut: count => `已发放 ${count} 次`,
  refused: count => `未能发放 ${count} 次`,
  // Messages are English; advice says as much.
  failure: ({ message, advice }) => advice?.zh ?? message,
  nextTryIn: ms => `${inChinese(ms)}后重试`,
  noTryFor: ms => `${inChinese(ms)}内不会重试`,
  noEnd: '永久有效',
  due: '应续期',
  storeSilent: '存储无应答',
  openLink: '请使用代理启动时输出的链接打开本页，其中带有查看密钥。',
  silent: '代理无应答。',
}

/** Says a failure in Chinese; `undefined` for one that it does not know. */
export type FailureInChinese = (failure: Failure) => string | undefined

/** The words for a reader, by what the browser says about languages (RFC 9110 §12.5.4). */
export function wordsFor(acceptLanguage: string | undefined, inChinese?: FailureInChinese): Words {
  if (!/^\s*zh\b/i.test(acceptLanguage ?? '')) return ENGLISH
  return { ...CHINESE, failure: failure => inChinese?.(failure) ?? CHINESE.failure(failure) }
}
