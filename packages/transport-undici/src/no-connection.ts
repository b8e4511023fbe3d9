import type { Dispatcher } from 'undici'

/** Stands in for the connection of a call that came to its end without one. */
export const NO_CONNECTION: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: noop,
  pause: noop,
  resume: noop,
}

function noop(): void {}
