import type { Dispatcher } from 'undici'
import { signalOf } from './dispatch-request.ts'

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

/** Whether the caller of a request has left. Without a connection there is no controller, whatever the types say. */
export function isAborted(
  controller: Dispatcher.DispatchController | null,
  request: Dispatcher.DispatchOptions,
): boolean {
  return controller?.aborted === true || signalOf(request)?.aborted === true
}
