import { type AuditEntry, type AuditLog, auditLog } from '@evergrant/audit'
import type { TokenSource } from '@evergrant/runtime'
import { fileSecret } from '@evergrant/runtime/node'
import type { Terminal } from './terminal.ts'

/** Opens the audit log that `EVERGRANT_AUDIT` names, signed with the key in `EVERGRANT_AUDIT_KEY`, if it names one. */
export async function auditOf({ env }: Terminal): Promise<AuditLog | undefined> {
  const { EVERGRANT_AUDIT: directory, EVERGRANT_AUDIT_KEY: key } = env
  if (!directory) return undefined
  return auditLog({ directory, ...(key && { signWith: fileSecret(key) }) })
}

/**
 * Has a source write down what it does, in an open log or in one of its own, where there is to be one; until the returned
 * function is called.
 */
export async function auditing(
  source: Pick<TokenSource, 'on'>,
  open: AuditLog | undefined,
  terminal: Terminal,
): Promise<() => void> {
  if (open !== undefined) return source.on(open.hear)
  const log = await auditOf(terminal)
  if (log === undefined) return () => undefined
  const stop = source.on(log.hear)
  return () => {
    stop()
    log.close()
  }
}

/** Writes one entry, where there is an audit log; throws when it cannot be written. */
export async function writtenDown(entry: AuditEntry, terminal: Terminal): Promise<void> {
  const log = await auditOf(terminal)
  log?.record(entry)
  log?.close()
}
