import type { Writable } from 'node:stream'
import { inWords } from '@evergrant/core'
import type { TokenEvent, TokenSource } from '@evergrant/runtime'
import { SHOW_MS } from './show.ts'
import type { Tally } from './tally.ts'
import { lineFor, type View } from './view.ts'

const FRAME_MS = 80
const BAR_CELLS = 40
const LOG_LINES = 8
const ESC = '\u001b['

/** A picture that is drawn over itself: the show's progress, the token's life, counters, the last events. */
export function liveView(out: Writable): View {
  let tally: Tally
  let source: TokenSource
  let title = ''
  let drawn = 0
  let timer: NodeJS.Timeout | undefined
  const log: string[] = []

  function say(line: string): void {
    log.push(`${dim(`${(tally.elapsedMs / 1000).toFixed(1).padStart(5)} s`)}  ${line}`)
    if (log.length > LOG_LINES) log.shift()
  }

  function draw(): void {
    const lines = [
      '',
      `  ${bold(title)}`,
      '',
      `  show      ${bar(tally.elapsedMs / SHOW_MS, '36')}`,
      `  token     ${life(source)}`,
      '',
      `  calls     ${bold(String(tally.calls).padEnd(8))} failures  ${verdict(tally.failures)}   repeated with a new token  ${tally.repeated}`,
      `  requests to the token endpoint  ${tally.tokenRequests.length}`,
      '',
      ...Array.from({ length: LOG_LINES }, (_, i) => `  ${log[i] ?? ''}`),
      '',
    ]
    const up = drawn > 0 ? `${ESC}${drawn}A` : ''
    out.write(up + lines.map(line => `${line}${ESC}K\n`).join(''))
    drawn = lines.length
  }

  return {
    open(openedTally, openedSource) {
      tally = openedTally
      source = openedSource
      out.write(`${ESC}?25l`)
      timer = setInterval(draw, FRAME_MS)
    },
    act(next) {
      title = next
      say(bold(next))
    },
    say,
    tell(event: TokenEvent) {
      const line = lineFor(event)
      if (line !== undefined) say(event.type === 'renewal.failed' ? yellow(line) : line)
    },
    close() {
      clearInterval(timer)
      draw()
      out.write(`${ESC}?25h`)
    },
  }
}

/** The token's life as a bar that empties, red once it must not be served any more. */
function life(source: TokenSource): string {
  const { token, at = 0, failure } = source.explain() ?? {}
  if (token === undefined) return `${bar(0, '31')}  none yet`
  const leftMs = token.rejected ? 0 : Math.max(0, token.expiresAt - at)
  const colour = at < token.dueAt ? '32' : '33'
  const state = token.rejected
    ? 'rejected'
    : at < token.dueAt
      ? 'fresh'
      : failure
        ? `renewal fails: ${failure.code}`
        : 'being renewed'
  return `${bar(leftMs / (token.expiresAt - token.sentAt), colour)}  no. ${token.generation}, ${inWords(leftMs)} left, ${state}`
}

function bar(part: number, colour: string): string {
  const full = Math.round(Math.min(Math.max(part, 0), 1) * BAR_CELLS)
  return `${ESC}${colour}m${'█'.repeat(full)}${ESC}0m${dim('░'.repeat(BAR_CELLS - full))}`
}

function verdict(failures: number): string {
  return `${ESC}${failures === 0 ? '32' : '31'};1m${failures}${ESC}0m`
}

function bold(text: string): string {
  return `${ESC}1m${text}${ESC}22m`
}

function dim(text: string): string {
  return `${ESC}2m${text}${ESC}22m`
}

function yellow(text: string): string {
  return `${ESC}33m${text}${ESC}39m`
}
