import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import type { PlatformFault } from './platform-options.ts'
import type { PlatformState } from './platform-state.ts'

/** One platform: its paths, its words, and what a token request does to the tokens before it. */
export interface PlatformMode {
  readonly answerToken: (state: PlatformState, exchange: Exchange, fault: PlatformFault | undefined) => void
  readonly isTokenPath: (path: string) => boolean
  readonly answerApi: (state: PlatformState, exchange: Exchange) => void
}
