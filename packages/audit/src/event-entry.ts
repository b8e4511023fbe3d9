import type { EvergrantEvent, TokenEvent } from '@evergrant/core'
import type { AuditDetail, AuditEntry } from './audit-entry.ts'

/** What of an event is an act with a key: the entry for it, or `undefined` for what is none. */
export function entryOf(event: EvergrantEvent, calls: 'all' | 'failures' | 'none'): AuditEntry | undefined {
  if ('grant' in event) return tokenEntry(event)
  if (event.type === 'call.ended') {
    const failed = event.failure !== undefined || (event.status ?? 0) >= 400
    if (calls === 'none' || (calls === 'failures' && !failed)) return undefined
    const { at, type, server, method, hostname, pathname, status, failure, attempts } = event
    return {
      what: type,
      at,
      outcome: failed ? 'failed' : 'done',
      provider: server,
      detail: facts({ method, host: hostname, path: pathname, status, code: failure?.code, attempts }),
    }
  }
  if (event.type.startsWith('anomaly.')) {
    const { at, type, ...rest } = event
    return { what: type, at, outcome: 'done', detail: facts(rest) }
  }
  return undefined
}

function tokenEntry(event: TokenEvent): AuditEntry | undefined {
  const { at, provider, grant, type } = event
  const entry = (outcome: AuditEntry['outcome'], detail: Facts): AuditEntry => ({
    what: type,
    at,
    outcome,
    provider,
    grant,
    detail: facts(detail),
  })
  switch (event.type) {
    case 'renewal.started':
      return entry('begun', { reason: event.reason, fence: event.fence, guarded: event.guarded })
    case 'renewal.succeeded':
      return entry('done', { generation: event.generation, reason: event.reason, lifeMs: event.lifeMs })
    case 'renewal.failed':
      return entry('failed', { code: event.failure.code, kind: event.failure.kind, attempts: event.attempts })
    case 'renewal.overtaken':
      return entry('refused', { fence: event.fence })
    case 'token.rejected':
      return entry('refused', { generation: event.generation, whileFresh: event.whileFresh })
    case 'token.adopted':
    case 'grant.received':
    case 'commit.late':
      return entry('done', { generation: event.generation })
    case 'grant.dropped':
      return entry('done', {})
    default:
      // What happens to the store, and to this software, is no act with a key.
      return undefined
  }
}

type Facts = Readonly<Record<string, unknown>>

/** The facts that can be written: those that are there, and are no structures. */
function facts(all: Facts): Readonly<Record<string, AuditDetail>> {
  const known: Record<string, AuditDetail> = {}
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      known[name] = value
  }
  return known
}
