import type { Writable } from 'node:stream'
import type { Tally } from './tally.ts'
import { lineFor, type View } from './view.ts'

/** Lines with the time, for pipes and logs. */
export function plainView(out: Writable): View {
  let tally: Tally | undefined

  function say(line: string): void {
    const seconds = ((tally?.elapsedMs ?? 0) / 1000).toFixed(1).padStart(5)
    out.write(`${seconds} s  ${line}\n`)
  }

  return {
    open(scene) {
      tally = scene.tally
    },
    act(title) {
      const { calls = 0, failures = 0 } = tally?.counts ?? {}
      say(`== ${title} (${calls} calls so far, ${failures} failures)`)
    },
    say,
    tell(event, by) {
      const line = lineFor(event, by)
      if (line !== undefined) say(`   ${line}`)
    },
    close() {},
  }
}
