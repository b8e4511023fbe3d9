import { EvergrantError, type FailureKind, fail } from '@evergrant/core'

/** What an error of ioredis means for the command that it ended. */
export interface Verdict {
  /** Redis' word for it, e.g. `LOADING`, or the system's, e.g. `ECONNRESET`. `undefined` when there is none. */
  readonly code: string | undefined
  /** Whether the server has answered, be it with a refusal. */
  readonly answered: boolean
  /** Whether sending the same command again makes sense. */
  readonly again: boolean
  /** Whether the server does not know the command. */
  readonly unknown: boolean
}

/** Refusals that pass, and that mean that nothing was done. */
const PASSING = new Set([
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'BUSY',
  'NOREPLICAS',
])

/** Refusals that a person has to do something about. */
const EXPLAINED: Readonly<Record<string, readonly [kind: FailureKind, sentence: string]>> = {
  NOAUTH: ['configure', 'Redis demands a password.'],
  WRONGPASS: ['configure', 'Redis does not accept user and password.'],
  NOPERM: ['configure', 'This Redis user lacks a permission; see the README for the rule that is enough.'],
  WRONGTYPE: ['configure', 'The key holds something that this store has not written; choose a prefix.'],
  NOMASTER: ['configure', 'The Sentinels know no master of this name.'],
  OOM: ['retry', 'Redis is out of memory and refuses to write.'],
  MISCONF: ['retry', 'Redis cannot save to its disk and refuses to write.'],
}

/** What is known of an error, without any of its text: that may repeat what was sent. */
export function judge(failure: unknown): Verdict {
  const error = lastOf(failure)
  const reply = replyOf(error)
  const answered = reply !== undefined
  const code = answered ? replyCode(reply) : systemCode(error)
  const unknown = reply?.startsWith('ERR unknown command') === true
  return { code, answered, again: !answered || (code !== undefined && PASSING.has(code)), unknown }
}

/** Of a Cluster that cannot be reached, what its last node has said. */
function lastOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('lastNodeError' in error)) return error
  return error.lastNodeError ?? error
}

/** What the server has said; also where ioredis has sent a command on so often that it gave up. */
function replyOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'ReplyError') return error.message
  return /^Too many Cluster redirections\. Last error: ReplyError: (.*)/.exec(error.message)?.[1]
}

/** Why a Sentinel has named no server, by what ioredis says about it. */
export function sentinelCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (/but got an invalid reply: null$|No such master with that name$/.test(error.message)) return 'NOMASTER'
  const because = /^failed to connect to sentinel \S* because (.*)/.exec(error.message)?.[1]
  return because === undefined ? undefined : (replyCode(because) ?? /\b(E[A-Z]{4,20})\b/.exec(because)?.[1])
}

/** The error to throw when a server that was taken for the only one sends commands on to others. */
export function notAlone(): EvergrantError {
  return storeFailure(
    'This is one node of a Cluster; give the store a client for all of it. (MOVED)',
    'configure',
  )
}

/** The first word of a refusal; of one that a script passes on, in servers before 7, the word inside it. */
function replyCode(message: string): string | undefined {
  const inner = /^ERR Error running script .* -([A-Z]{2,20}) /.exec(message)
  return inner?.[1] ?? /^([A-Z]{2,20})(?: |$)/.exec(message)?.[1]
}

function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(error.code) ? error.code : undefined
}

/** The error to throw for a refusal. */
export function refusal(code: string | undefined): EvergrantError {
  const [kind, sentence] = EXPLAINED[code ?? ''] ?? ['retry', 'Redis refuses the command.']
  return storeFailure(code === undefined ? sentence : `${sentence} (${code})`, kind)
}

/** Redis cannot be reached; nothing was sent. */
export function unreachable(reason: string | undefined): EvergrantError {
  const [kind, sentence] = EXPLAINED[reason ?? ''] ?? ['retry', 'Redis cannot be reached.']
  return storeFailure(reason === undefined ? sentence : `${sentence} (${reason})`, kind)
}

export function storeFailure(message: string, kind: FailureKind = 'retry'): EvergrantError {
  return new EvergrantError(fail('store_unreachable', { kind, message }))
}

export function closedFailure(): EvergrantError {
  return new EvergrantError(fail('closed', { message: 'The Redis store was closed.' }))
}

/** Whether the server does not know the script yet. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
