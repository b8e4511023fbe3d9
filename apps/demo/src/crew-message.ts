import type { Explanation, TokenEvent } from '@evergrant/runtime'

/** Where the crew keeps its grant. */
export type Place =
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'redis'; readonly url: string }

/** What a worker is told when it starts. */
export interface WorkerSetting {
  readonly place: Place
  /** `http://127.0.0.1:<port>`: the sandbox. */
  readonly url: string
  readonly id: string
  readonly secret: string
}

/** What a worker is told while it runs. */
export type Order =
  /** Make so many calls at the same moment. */
  | { readonly type: 'burst'; readonly calls: number }
  /** Make calls at a steady pace. */
  | { readonly type: 'run'; readonly callsPerSecond: number }
  /** Finish what is under way, and end. */
  | { readonly type: 'end' }

/** How many calls there were, and how they ended. */
export interface Counts {
  readonly calls: number
  readonly failures: number
  /** Calls that the API rejected at first and that were made again with a new token. */
  readonly repeated: number
  /** Longest wait for a token, after the first, in ms. */
  readonly slowestTokenMs: number
}

/** What a worker tells. */
export type Telling =
  | { readonly type: 'ready' }
  | { readonly type: 'burst done' }
  | { readonly type: 'event'; readonly event: TokenEvent }
  /** Another token is held now. */
  | { readonly type: 'held'; readonly generation: number }
  /** Several times a second. */
  | { readonly type: 'status'; readonly counts: Counts; readonly explanation: Explanation | undefined }
