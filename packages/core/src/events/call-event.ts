import type { Failure } from '../failure/failure.ts'

/** What happened to a call. Holds no token, no query and no body. */
export type CallEvent = {
  /** Epoch ms. */
  readonly at: number
  /** The resource server's name. */
  readonly server: string
  readonly method: string
  readonly hostname: string
  readonly pathname: string
} & (
  | /** The token was rejected, and the call is made again with another one. */
  { readonly type: 'call.renewed'; readonly code: string }
  /** The call is made again after a pause. */
  | { readonly type: 'call.paused'; readonly code: string; readonly pauseMs: number }
  | {
      readonly type: 'call.ended'
      /** HTTP status; `undefined` when there was no answer. */
      readonly status: number | undefined
      /** Absent when the caller was given an answer. */
      readonly failure?: Failure
      /** How often it was sent. */
      readonly attempts: number
      readonly tookMs: number
    }
)

export type CallListener = (event: CallEvent) => void
