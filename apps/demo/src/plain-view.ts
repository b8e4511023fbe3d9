import type { Writable } from 'node:stream'
import type { TokenEvent, TokenSource } from '@evergrant/runtime'
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
    open(opened: Tally, _source: TokenSource) {
      tally = opened
    },
    act: title => say(`== ${title} (${tally?.calls ?? 0} calls so far, ${tally?.failures ?? 0} failures)`),
    say,
    tell(event: TokenEvent) {
      const line = lineFor(event)
      if (line !== undefined) say(`   ${line}`)
    },
    close() {},
  }
}
