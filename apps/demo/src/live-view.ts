import type { Writable } from 'node:stream'
import { inWords } from '@evergrant/core'
import type { Member } from './crew.ts'
import { SHOW_MS } from './show.ts'
import { lineFor, type Scene, type View } from './view.ts'

const FRAME_MS = 80
const BAR_CELLS = 30
const LOG_LINES = 9
const ESC = '\u001b['
const HIDE_CURSOR = `${ESC}?25l`
const SHOW_CURSOR = `${ESC}?25h`
/** A line that is wider than the terminal is cut: wrapped, it would push the picture down with every frame. */
const CUT_LINES = `${ESC}?7l`
const WRAP_LINES = `${ESC}?7h`

/** A picture that is drawn over itself: the show's progress, every process and its token, counters, the last events. */
export function liveView(out: Writable): View {
  let scene: Scene | undefined
  let title = ''
  let drawn = 0
  let timer: NodeJS.Timeout | undefined
  const log: string[] = []

  function say(line: string): void {
    const seconds = ((scene?.tally.elapsedMs ?? 0) / 1000).toFixed(1).padStart(5)
    log.push(`${dim(`${seconds} s`)}  ${line}`)
    if (log.length > LOG_LINES) log.shift()
  }

  function draw(): void {
    const lines = scene === undefined ? [] : picture(scene, title, log)
    const up = drawn > 0 ? `${ESC}${drawn}A` : ''
    // A picture that has grown shorter must not leave the end of the longer one behind.
    out.write(`${up + lines.map(line => `${line}${ESC}K\n`).join('')}${ESC}J`)
    drawn = lines.length
  }

  return {
    open(opened) {
      scene = opened
      out.write(HIDE_CURSOR + CUT_LINES)
      timer = setInterval(draw, FRAME_MS)
    },
    act(next) {
      title = next
      say(bold(next))
    },
    say,
    tell(event, by) {
      const line = lineFor(event, by)
      if (line !== undefined) say(event.type === 'renewal.failed' ? yellow(line) : line)
    },
    close() {
      clearInterval(timer)
      draw()
      out.write(WRAP_LINES + SHOW_CURSOR)
    },
  }
}

function picture({ tally, crew, place }: Scene, title: string, log: readonly string[]): string[] {
  const { calls, failures, repeated } = tally.counts
  return [
    '',
    `  ${bold(title)}`,
    '',
    `  show       ${bar(tally.elapsedMs / SHOW_MS, '36')}`,
    ...crew.members.map(member => `  process ${member.name}  ${life(member)}`),
    '',
    `  calls      ${bold(String(calls).padEnd(7))} failures  ${verdict(failures)}   repeated with a new token  ${repeated}`,
    `  token requests  ${String(tally.tokenRequests.length).padEnd(7)} the grant is in ${place.title}`,
    '',
    ...Array.from({ length: LOG_LINES }, (_, i) => `  ${log[i] ?? ''}`),
    '',
  ]
}

/** The token's life as one process sees it: a bar that empties, red once it must not be served any more. */
function life({ killed, explanation }: Pick<Member, 'killed' | 'explanation'>): string {
  if (killed) return `${bar(0, '31')}  killed`
  const { token, at = 0, failure } = explanation ?? {}
  if (token === undefined) return `${bar(0, '31')}  no token yet`
  const leftMs = token.rejected ? 0 : Math.max(0, token.expiresAt - at)
  const colour = at < token.dueAt ? '32' : '33'
  const state = token.rejected
    ? 'rejected'
    : at < token.dueAt
      ? 'fresh'
      : failure
        ? `renewal fails: ${failure.code}`
        : 'due for renewal'
  const number = String(token.generation).padStart(2)
  return `${bar(leftMs / (token.expiresAt - token.sentAt), colour)}  no. ${number}, ${inWords(leftMs)} left, ${state}`
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
