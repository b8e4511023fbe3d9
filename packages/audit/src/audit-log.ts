import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { EvergrantError, type EvergrantEvent, fail, type Secret } from '@evergrant/core'
import { type AuditEntry, type AuditRecord, type AuditWriter, boundedDetail, isWhat } from './audit-entry.ts'
import type { AuditHead } from './audit-head.ts'
import { BEGINNING, writeLine } from './audit-line.ts'
import { entryOf } from './event-entry.ts'
import { LogFile } from './log-file.ts'
import { signingKey } from './signing-key.ts'

export interface AuditLogOptions {
  /** Where the files are: a directory of this log alone. Made with mode 0700 when it does not exist. */
  readonly directory: string
  /** A part is closed and the next one begun when it has this many bytes. 4,096 or more, 64 MiB by default. */
  readonly partBytesMax?: number
  /** An Ed25519 private key in PEM (PKCS #8). With it every line is signed. Without: lines are chained only. */
  readonly signWith?: string | Secret
  /** Which API calls are written down. `failures` by default. */
  readonly calls?: 'all' | 'failures' | 'none'
  /** Whether every entry is on the disk before its act goes on, rather than in the hands of the system. `false` by default. */
  readonly sync?: boolean
  /** The name of this machine. The system's by default. */
  readonly host?: string
  /** Hears of entries that `hear` could not write. By default a process warning is emitted, once. */
  readonly onFailure?: (error: EvergrantError) => void
  /** Epoch ms. The system's clock by default. */
  readonly now?: () => number
}

/** An audit log that this process writes. */
export interface AuditLog {
  /** Writes an entry. Throws an `EvergrantError` of code `audit_unwritable`: refuse what could not be written down. */
  record(entry: AuditEntry): void
  /** Writes down an event, if it is of the kind that is: `source.on(log.hear)`, `authorizedFetch(…, { onEvent: log.hear })`. */
  hear(event: EvergrantEvent): void
  /** The last entry: keep it elsewhere, and `verifyAudit` finds out whether anything up to it was taken away. */
  readonly head: AuditHead
  /** Writes that the log has ended, and lets go of its file. */
  close(): void
}

const PART_BYTES_MAX = 64 * 1024 * 1024
const PART_BYTES_LEAST = 4_096

/**
 * Opens an audit log: one line of JSON for every use of a key and every token event, each naming the hash of the one
 * before. Every process writes a chain of its own; a directory holds those of many.
 *
 * Rejects with an `EvergrantError`: `invalid_option`, `key_unusable`, `audit_unwritable`.
 */
export async function auditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { partBytesMax = PART_BYTES_MAX } = options
  if (!(partBytesMax >= PART_BYTES_LEAST)) {
    const message = `Invalid option: partBytesMax is ${partBytesMax}, not a number of at least ${PART_BYTES_LEAST}.`
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  const key = options.signWith === undefined ? undefined : await signingKey(options.signWith)
  const now = options.now ?? Date.now
  const by: AuditWriter = { host: options.host ?? hostname(), pid: process.pid, ...account() }
  const chain = `${stampOf(now())}-${randomBytes(6).toString('hex')}`
  const file = new LogFile({ directory: options.directory, chain, partBytesMax, sync: options.sync ?? false })
  let head: AuditHead = { chain, number: 0, hash: BEGINNING }
  let closed = false
  let failureTold = false

  function record(entry: AuditEntry): void {
    if (closed) throw new EvergrantError(fail('closed'))
    if (!isWhat(entry.what)) {
      const message = `Invalid option: an audit entry cannot be called ${JSON.stringify(entry.what)}.`
      throw new EvergrantError(fail('invalid_option', { message }))
    }
    const written: AuditRecord = {
      ...entry,
      at: entry.at ?? now(),
      number: head.number + 1,
      by,
      ...(entry.detail && { detail: boundedDetail(entry.detail) ?? {} }),
    }
    const { text, hash } = writeLine(written, head.hash, key)
    const next = { chain, number: written.number, hash }
    file.append(text, next)
    head = next
  }

  function hear(event: EvergrantEvent): void {
    const entry = entryOf(event, options.calls ?? 'failures')
    if (entry === undefined || closed) return
    try {
      record(entry)
    } catch (error) {
      if (!EvergrantError.is(error)) throw error
      if (options.onFailure !== undefined) options.onFailure(error)
      else if (!failureTold) process.emitWarning(error.message, 'EvergrantAuditWarning')
      failureTold = true
    }
  }

  record({ what: 'log.opened', outcome: 'done', detail: { signed: key !== undefined } })
  return {
    record,
    hear,
    get head() {
      return head
    },
    close() {
      if (closed) return
      record({ what: 'log.closed', outcome: 'done' })
      closed = true
      file.close()
    },
  }
}

/** A point in time that can stand in the name of a file, and sorts. */
function stampOf(at: number): string {
  return new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)
}

function account(): Pick<AuditWriter, 'user'> {
  try {
    return { user: userInfo().username }
  } catch {
    // A container may run under a number that has no name.
    return {}
  }
}
