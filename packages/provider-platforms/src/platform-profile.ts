import {
  type ErrorView,
  type Failure,
  fail,
  type Members,
  type MessageProfile,
  tolerantProfile,
} from '@evergrant/core'
import { entryOf, LIMIT_PAUSE_MS, type PlatformErrorTable } from './platform-error.ts'

/** How a platform calls what is in its answers. */
export interface AnswerNames {
  readonly token: string
  /** Remaining life in seconds. */
  readonly life: string
  /** The code of an error: a number that is 0, or no member at all, where there is none. */
  readonly code: string
  readonly message: string
}

/** The answers of a token endpoint that has names and error codes of its own. */
export function platformProfile(names: AnswerNames, errors: PlatformErrorTable): MessageProfile {
  return {
    ...tolerantProfile,
    refreshToken: 'ignore',
    membersIgnored: [names.token],
    translate: members =>
      new Map<string, unknown>([
        ['access_token', members.get(names.token)],
        ['expires_in', members.get(names.life)],
        ['error', errorCodeOf(members.get(names.code))],
        ['error_description', members.get(names.message)],
      ]),
    classifyError: view => classify(view, errors),
  }
}

/** An error code as text; `undefined` where there is none; `unknown_error` where it is none that can be shown. */
export function errorCodeOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === 0 || value === '0' || value === '') return undefined
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  return /^[\w.-]{1,64}$/.test(text) ? text : 'unknown_error'
}

/** An error of the token endpoint. One that is in no table is taken for passing, as everywhere. */
function classify({ error, status }: ErrorView, errors: PlatformErrorTable): Failure | undefined {
  if (error === undefined) return undefined
  const entry = entryOf(errors, error)
  if (entry === undefined) {
    // What was answered with a status that means something is left to the status.
    if (status >= 400) return undefined
    return { kind: 'retry', code: error, message: `The token endpoint answered with the error ${error}.` }
  }
  const { action, advice, pauseMs = LIMIT_PAUSE_MS } = entry
  if (action === 'client') return { ...fail('invalid_client'), message: advice.en, advice }
  if (action === 'slow_down') return told('retry', { retryAfterMs: pauseMs })
  return told(action === 'retry' ? 'retry' : 'configure')

  function told(kind: Failure['kind'], more: Partial<Failure> = {}): Failure {
    return { kind, code: error ?? 'unknown_error', message: advice.en, advice, ...more }
  }
}

/** The members of an answer under a name that only some of its kind have. */
export function textOf(members: Members, name: string): string | undefined {
  const value = members.get(name)
  return typeof value === 'string' && value !== '' ? value : undefined
}
