import type { AuditRecord } from './audit-entry.ts'

/** What a log tells about one key. */
export interface KeyReport {
  /** The fingerprint of the grant. */
  readonly grant: string
  readonly provider: string
  /** Epoch ms. */
  readonly firstUseAt: number
  readonly lastUseAt: number
  readonly hosts: readonly string[]
  readonly users: readonly string[]
  /** Token requests: how often the client secret or a refresh token was presented. */
  readonly requests: number
  readonly failures: number
  readonly rejections: number
  /** Codes of failures, by how often there were. */
  readonly codes: Readonly<Record<string, number>>
  /** How often other things were done with it, by what they are called. */
  readonly acts: Readonly<Record<string, number>>
  /** Whether it was not used in the last `unusedAfterMs` of the report. */
  readonly unused: boolean
}

interface Tally {
  readonly provider: string
  firstUseAt: number
  lastUseAt: number
  readonly hosts: Set<string>
  readonly users: Set<string>
  readonly acts: Map<string, number>
  readonly codes: Map<string, number>
}

const DAY_MS = 86_400_000
const UNUSED_AFTER_MS = 30 * DAY_MS

/** Sums entries up by key. Feed it with `verifyAudit(directory, { onRecord: report.add })`. */
export interface AuditReport {
  add(record: AuditRecord): void
  /** The keys, the one that was used last first. `now` is epoch ms; unused is what was not used for 30 days by default. */
  keys(now: number, unusedAfterMs?: number): KeyReport[]
}

export function auditReport(): AuditReport {
  const tallies = new Map<string, Tally>()
  return {
    add(record) {
      const { grant, provider = '', at, by, what, detail } = record
      if (grant === undefined) return
      const tally = tallies.get(grant) ?? newTally(provider, at)
      tallies.set(grant, tally)
      tally.firstUseAt = Math.min(tally.firstUseAt, at)
      tally.lastUseAt = Math.max(tally.lastUseAt, at)
      tally.hosts.add(by.host)
      if (by.user !== undefined) tally.users.add(by.user)
      count(tally.acts, what)
      if (record.outcome === 'failed' && typeof detail?.code === 'string') count(tally.codes, detail.code)
    },
    keys(now, unusedAfterMs = UNUSED_AFTER_MS) {
      return [...tallies]
        .map(([grant, tally]) => reportOf(grant, tally, now - unusedAfterMs))
        .sort((a, b) => b.lastUseAt - a.lastUseAt)
    },
  }
}

function newTally(provider: string, at: number): Tally {
  return {
    provider,
    firstUseAt: at,
    lastUseAt: at,
    hosts: new Set(),
    users: new Set(),
    acts: new Map(),
    codes: new Map(),
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function reportOf(grant: string, tally: Tally, unusedBefore: number): KeyReport {
  const { provider, firstUseAt, lastUseAt, hosts, users, acts, codes } = tally
  return {
    grant,
    provider,
    firstUseAt,
    lastUseAt,
    hosts: [...hosts].sort(),
    users: [...users].sort(),
    requests: acts.get('renewal.started') ?? 0,
    failures: acts.get('renewal.failed') ?? 0,
    rejections: acts.get('token.rejected') ?? 0,
    codes: Object.fromEntries(codes),
    acts: Object.fromEntries(acts),
    unused: lastUseAt < unusedBefore,
  }
}
