import { onDropped, onReceived } from './commands.ts'
import type { EventOf, GrantEventType } from './grant-event.ts'
import {
  onAbandoned,
  onCommitRefused,
  onCommitted,
  onCommitUnknown,
  onHint,
  onLeased,
  onLeaseRefused,
  onLeaseUnknown,
  onRead,
  onRejected,
  onRequested,
  onResponse,
  onTimer,
  onTransportFailed,
  onUnread,
} from './handlers.ts'
import type { Phase } from './phase.ts'
import type { Turn } from './turn.ts'

/**
 * What a phase does with an event.
 *
 * - a handler: it notes what happened, and what follows is decided. An answer must be that of the outstanding
 *   operation; a late one is ignored;
 * - `stale`: only a late answer can come here, of an operation that a command has overtaken; it is ignored;
 * - `never`: no answer can come here, not even a late one.
 *
 * What cannot occur and does all the same is reported as `machine.surprised`: the shell or the core has a
 * defect.
 */
type Cell<Type extends GrantEventType> = 'stale' | 'never' | ((turn: Turn, event: EventOf<Type>) => void)

type Row = { readonly [Type in GrantEventType]: Cell<Type> }

/** Commands, hints and the timer are welcome in every phase. */
const ALWAYS = {
  'token.requested': onRequested,
  'token.abandoned': onAbandoned,
  'token.rejected': onRejected,
  'grant.received': onReceived,
  'grant.dropped': onDropped,
  'record.changed': onHint,
  'timer.fired': onTimer,
} as const

/** Nobody waits for an answer, unless a row says so. */
const LATE = {
  'record.read': 'stale',
  'record.written': 'stale',
  'record.conflicted': 'stale',
  'store.failed': 'stale',
  'response.received': 'stale',
  'transport.failed': 'stale',
} as const

/**
 * The grant machine: every phase, every event. This table is the specification; the matrix and the diagram in
 * the documentation are drawn from it.
 */
export const TRANSITION_TABLE: { readonly [Name in Phase]: Row } = {
  // Only reads were ever started, and each of them has been answered.
  unread: {
    ...ALWAYS,
    'record.read': 'never',
    'record.written': 'never',
    'record.conflicted': 'never',
    'store.failed': 'never',
    'response.received': 'never',
    'transport.failed': 'never',
  },
  reading: { ...ALWAYS, ...LATE, 'record.read': onRead, 'store.failed': onUnread },
  held: { ...ALWAYS, ...LATE },
  leasing: {
    ...ALWAYS,
    ...LATE,
    'record.written': onLeased,
    'record.conflicted': onLeaseRefused,
    'store.failed': onLeaseUnknown,
  },
  refreshing: {
    ...ALWAYS,
    ...LATE,
    'response.received': onResponse,
    'transport.failed': onTransportFailed,
  },
  committing: {
    ...ALWAYS,
    ...LATE,
    'record.written': onCommitted,
    'record.conflicted': onCommitRefused,
    'store.failed': onCommitUnknown,
  },
  waiting: { ...ALWAYS, ...LATE },
}
