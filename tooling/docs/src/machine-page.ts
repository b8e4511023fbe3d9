import { type GrantEventType, PHASES, type Phase, TRANSITION_TABLE } from '@evergrant/core'
import { page, table } from './markdown.ts'

/** One step that was seen to be taken. */
export interface Edge {
  readonly from: Phase
  readonly event: GrantEventType
  readonly to: Phase
}

const EVENTS = Object.keys(TRANSITION_TABLE.unread) as GrantEventType[]

/** The grant machine: its table, and the steps that were seen in random histories of a fleet. */
export function machinePage(edges: readonly Edge[]): string {
  return page(
    '# The grant machine',
    'A session of one process stands in one of seven phases. The table of `core/src/grant/transition-table.ts` says which handler meets which event; a handler notes what has happened, and `decide` chooses what follows. The table and the diagram below are drawn from that table and from random histories of a fleet of three processes, with crashes, lost answers, clock jumps and failing stores, in which every step was recorded.',
    '## Diagram',
    diagram(edges),
    'Steps that lead back to the same phase are left out, and so are late answers, which change nothing.',
    '## Matrix',
    'A cell names the handler and the phases that it was seen to lead to. `stale`: only a late answer can come here, and it is ignored. `never`: no answer can come here; if one does, `machine.surprised` is reported.',
    table(
      ['event', ...PHASES.map(phase => `\`${phase}\``)],
      EVENTS.map(event => [`\`${event}\``, ...PHASES.map(phase => cellText(phase, event, edges))]),
    ),
  )
}

function cellText(phase: Phase, event: GrantEventType, edges: readonly Edge[]): string {
  const cell = TRANSITION_TABLE[phase][event]
  if (typeof cell === 'string') return cell
  const next = PHASES.filter(to => edges.some(edge => matches(edge, phase, event, to)))
  return `${cell.name} → ${next.length > 0 ? next.join(', ') : '?'}`
}

function matches(edge: Edge, from: Phase, event: GrantEventType, to: Phase): boolean {
  return edge.from === from && edge.event === event && edge.to === to
}

function diagram(edges: readonly Edge[]): string {
  const lines: string[] = ['```mermaid', 'stateDiagram-v2', '  [*] --> unread']
  for (const from of PHASES) {
    for (const to of PHASES) {
      if (from === to) continue
      const events = EVENTS.filter(event => edges.some(edge => matches(edge, from, event, to)))
      if (events.length > 0) lines.push(`  ${from} --> ${to}: ${events.join('<br>')}`)
    }
  }
  return [...lines, '```'].join('\n')
}
