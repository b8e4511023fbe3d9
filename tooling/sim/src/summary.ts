import { FAULT_KINDS, FAULTS } from '@evergrant/testkit'
import { DEFAULT_EVENTS, DEFAULT_PROCESSES, type Setting } from './order.ts'
import type { BrokenPromise, Tally } from './run-seeds.ts'

const DAY_MS = 86_400_000

/** How many schedules were played, how fast, and how often each kind of fault struck. */
export function summaryText(tally: Tally, seconds: number, workers: number): string {
  const { schedules, events, eventsMin, passedMs, faults } = tally
  const lines = FAULT_KINDS.map(kind => {
    const count = String(faults[kind] ?? 0)
    return `${count.padStart(9)}  ${kind.padEnd(20)} ${FAULTS[kind]}`
  })
  const each =
    schedules === 0
      ? 'no events'
      : `at least ${eventsMin} events and ${Math.round(events / schedules)} on average`
  const days = (passedMs / DAY_MS).toFixed(1)
  const rate = Math.round(schedules / seconds)
  return [
    'How often each kind of fault struck:',
    ...lines,
    '',
    `${schedules} schedules of ${each}, ${days} days of simulated time, in ${seconds.toFixed(1)} s: ${rate} schedules a second on ${workers} threads.`,
    '',
  ].join('\n')
}

/** Which promise was broken, and the command that shows it again. */
export function brokenText({ seed, id, message }: BrokenPromise, setting: Setting): string {
  return `Seed ${seed} breaks ${id}: ${message}.\nTo see it again: ${replayCommand(seed, setting)}`
}

function replayCommand(seed: number, { processes, events, drills, without }: Setting): string {
  const words = ['pnpm sim --seed', String(seed)]
  if (processes !== DEFAULT_PROCESSES) words.push('--processes', String(processes))
  if (events !== DEFAULT_EVENTS) words.push('--events', String(events))
  if (!drills) words.push('--no-drills')
  for (const kind of without) words.push('--without', kind)
  return words.join(' ')
}
