import type { Failure } from '@evergrant/core'
import type { Issue } from './authorization-server.ts'
import type { ProgramToken } from './program.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** How a call ended. */
export type CallOutcome =
  /** `token` is absent for a command. */
  | { readonly ok: true; readonly token: ProgramToken | undefined }
  /** `failure` is absent when something was thrown that is no failure of the program. */
  | { readonly ok: false; readonly failure: Failure | undefined; readonly error: unknown }

/** A call that a simulated caller has made. */
export interface Call {
  readonly number: number
  readonly process: SimulatedProcess
  readonly grant: SimulatedGrant
  readonly kind: 'token' | 'receive' | 'drop'
  readonly minValidForMs: number
  readonly timeoutMs: number
  /** True time. */
  readonly beganAt: number
  /** How long its process had been running by then, standstills left out. */
  readonly beganRunningMs: number
  /** What is received. */
  readonly issue: Issue | undefined
  /** Whether the caller has given up by its signal. */
  abandoned: boolean
  /** `undefined` while it waits. */
  outcome: CallOutcome | undefined
}

/** A call in a few words, for traces and messages. */
export function callText({ number, kind, grant, minValidForMs, timeoutMs }: Call): string {
  const least = minValidForMs > 0 ? ` minValidForMs=${minValidForMs}` : ''
  return `#${number} ${kind}() of grant ${grant.index}${least} timeoutMs=${timeoutMs}`
}

/** How a call ended in a few words. */
export function outcomeText(outcome: CallOutcome | undefined): string {
  if (outcome === undefined) return 'nothing yet'
  if (outcome.ok) return outcome.token === undefined ? 'done' : tokenText(outcome.token)
  const { failure, error } = outcome
  return failure === undefined ? `an unexpected ${String(error)}` : `${failure.kind} (${failure.code})`
}

/** A token in a few words. */
export function tokenText({ accessToken, generation }: ProgramToken): string {
  return `${accessToken} of generation ${generation}`
}
