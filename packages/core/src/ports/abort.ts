/** What an `AbortSignal` is to the core, which knows no platform: every `AbortSignal` is one. */
export interface Abort {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}
