import type { Disk } from '../../src/disk.ts'
import { hookedDisk } from './hooked-disk.ts'

interface Step {
  readonly actor: string
  readonly done: Promise<unknown>
  go(): void
}

/** Processes on one disk, of which a test decides whose turn the next system call is. */
export interface Stage {
  /** The disk as one process sees it. */
  disk(actor: string): Disk
  /** No further call of this process is let through. */
  kill(actor: string): void
  /**
   * Lets one call after another through until `isOver` or nobody has anything left to do. Each number chooses
   * whose turn it is; when they are used up, the first come is the first served.
   */
  play(turns: readonly number[], isOver: () => boolean): Promise<void>
}

/** How many calls a play may take before it counts as endless. */
const CALLS_MAX = 20_000

export function stage(inner: Disk): Stage {
  const waiting: Step[] = []
  const dead = new Set<string>()

  function disk(actor: string): Disk {
    return hookedDisk(inner, (_, run) => {
      let go: () => void = () => undefined
      const turn = new Promise<void>(resolve => {
        go = resolve
      })
      const result = turn.then(run)
      waiting.push({ actor, go, done: result.catch(() => undefined) })
      return result
    })
  }

  async function play(turns: readonly number[], isOver: () => boolean): Promise<void> {
    for (let calls = 0; ; calls++) {
      // By now everybody who is not waiting for a call has either asked for the next one or finished.
      await new Promise(resolve => setImmediate(resolve))
      const living = waiting.filter(({ actor }) => !dead.has(actor))
      const next = chosen(living, turns[calls])
      if (isOver() || next === undefined) return
      if (calls > CALLS_MAX) throw new Error('this play has no end')
      waiting.splice(waiting.indexOf(next), 1)
      next.go()
      await next.done
    }
  }

  return { disk, kill: actor => dead.add(actor), play }
}

function chosen(steps: readonly Step[], turn: number | undefined): Step | undefined {
  if (turn === undefined) return steps[0]
  const actors = [...new Set(steps.map(({ actor }) => actor))].sort()
  const own = steps.filter(({ actor }) => actor === actors[turn % actors.length])
  return own[Math.floor(turn / actors.length) % own.length]
}
