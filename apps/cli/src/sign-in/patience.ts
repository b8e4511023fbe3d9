import { type Clock, EvergrantError, fail } from '@evergrant/core'
import { painter, type Terminal } from '../terminal.ts'
import { signInWords } from './sign-in-words.ts'

/** Waiting for a person: shows how long it may take yet, and ends when that is over or somebody interrupts. */
export interface Patience extends Disposable {
  /** Aborted when it is over, and by Ctrl-C. */
  readonly signal: AbortSignal
  /** Rejects when it is over. */
  readonly over: Promise<never>
  /** Shows the progress from here on, where there is a terminal. */
  show(what: string): void
}

export function patience(untilAt: number, clock: Clock, terminal: Terminal): Patience {
  const controller = new AbortController()
  const progress = progressLine(untilAt, clock, terminal)
  let fails: (error: Error) => void = () => undefined
  const over = new Promise<never>((_resolve, reject) => {
    fails = reject
  })
  over.catch(() => undefined)
  const end = (error: EvergrantError) => {
    fails(error)
    controller.abort(error)
  }
  const interrupt = () =>
    end(new EvergrantError(fail('aborted', { message: signInWords(terminal.env).interrupted })))
  const cancel = clock.wake(untilAt, () => end(new EvergrantError(fail('flow_expired'))))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    over,
    show: progress.show,
    [Symbol.dispose]() {
      cancel()
      progress.end()
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}

/** One line that is written over every second; just one line where nobody looks. */
function progressLine(untilAt: number, clock: Clock, { stderr, env }: Terminal) {
  let cancel = () => {}
  let shown = false
  const paint = painter(stderr, env)
  const words = signInWords(env)
  const draw = (what: string) => {
    const leftMs = Math.max(0, untilAt - clock.now())
    stderr.write(`\r\u001b[2K${paint('dim', words.timeLeft(what, clockText(leftMs)))}`)
    shown = true
    if (leftMs > 0) cancel = clock.wake(clock.now() + 1_000, () => draw(what))
  }
  return {
    show(what: string) {
      if (stderr.isTTY) draw(what)
      else stderr.write(`${words.atMost(what, clockText(untilAt - clock.now()))}\n`)
    },
    end() {
      cancel()
      if (shown) stderr.write('\r\u001b[2K')
    },
  }
}

/** Minutes and seconds. */
function clockText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
