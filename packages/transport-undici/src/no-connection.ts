import type { Dispatcher } from 'undici'

export function noop(): void {}

/** Stands in for the connection of a call that came to its end without one. */
export const NO_CONNECTION: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: noop,
  pause: noop,
  resume: noop,
}
