import type { Issue } from './authorization-server.ts'
import { type Exchange, mayBeGivenUp } from './exchange.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Stored } from './simulated-store.ts'
import type { Watcher } from './world.ts'

/** Why a grant may be lost in spite of everything. */
export type Blame =
  /** An answer to a presented refresh token never came through. */
  | 'response lost'
  /** A process ended between its intent to present a refresh token and the saving of what came of it. */
  | 'process ended'
  /** The store lost a record. */
  | 'record lost'
  /** The user took the grant back, or it was dropped on purpose. */
  | 'grant revoked'

/** The lease that a process has stored last. */
export interface Tenure {
  readonly process: SimulatedProcess
  readonly fence: number
  /** The refresh token that the record held when the lease was taken. */
  readonly refreshToken: string | undefined
  readonly spentAt: number | undefined
  /** By the store's clock. */
  readonly storedAt: number
  /** True time. */
  readonly takenAt: number
  /** How many records had been lost by then. */
  readonly losses: number
}

/** Everything that happened to one grant, as far as promises are about it. */
export class GrantHistory {
  /** What the store holds; `undefined` when it holds nothing. */
  stored: Stored | undefined
  /** The highest generation that was ever stored. */
  highest = 0
  /** How often the store has lost a record. */
  losses = 0
  /** Newest token that the server has issued. */
  newest: Issue | undefined
  /** Every text of a token that was ever stored. */
  readonly saved: Set<string> = new Set()
  /** Access tokens that somebody rejected. */
  readonly rejected: Set<string> = new Set()
  /** And when it happened last, true time. */
  readonly blames: Map<Blame, number> = new Map()
  /** Those that do not matter to the grant which has taken the place of the one before. */
  readonly pastBlames: Map<Blame, number> = new Map()
  /** Token requests so far that were answered with a token. */
  issues = 0
  /** Token requests and store operations so far. */
  operations = 0
  /** Grants received and dropped by command. */
  commands = 0
  /** How many of them were dropped. */
  drops = 0
  /** Whether processes may hold numbers that the store has never seen, or has forgotten. */
  isUneven = false
  /** Whether the last token request brought nothing, so that somebody may keep to a pause. */
  isFailing = false
  /** Received grants that are neither stored nor given up, as far as anybody knows. */
  receiving = 0
  /** The lease that each process took last. */
  readonly tenures: Map<SimulatedProcess, Tenure> = new Map()
  /** The lease that was taken last of all; `undefined` before the first. */
  tenure: Tenure | undefined
  /** Requests whose end the client does not know yet. */
  readonly inFlight: Set<Exchange> = new Set()
  /** Processes that have stored their intent and not yet what came of it. */
  readonly working: Set<SimulatedProcess> = new Set()
}

/** Keeps the histories of all grants. Watches first, so that every other watcher finds them up to date. */
export const historian: Watcher = {
  'store.asked'({ grant }) {
    grant.history.operations += 1
  },

  'store.wrote'({ process, grant, after }) {
    const { history } = grant
    const { record } = after
    history.stored = after
    history.highest = Math.max(history.highest, record?.generation ?? 0)
    if (record?.tokens !== undefined) {
      history.saved.add(record.tokens.accessToken)
      if (record.tokens.refreshToken !== undefined) history.saved.add(record.tokens.refreshToken)
    }
    if (record?.lease === undefined) {
      history.working.delete(process)
      // A drop is tried until it lands, perhaps on a grant that was received later.
      const isGone = record?.tokens === undefined && history.drops > 0
      if (isGone) history.blames.set('grant revoked', process.world.now)
      return
    }
    if (!process.alive) history.blames.set('process ended', process.world.now)
    const tenure: Tenure = {
      process,
      fence: record.fence,
      refreshToken: record.tokens?.refreshToken,
      spentAt: record.spentAt,
      storedAt: after.storedAt,
      takenAt: process.world.now,
      losses: history.losses,
    }
    history.tenure = tenure
    history.tenures.set(process, tenure)
    history.working.add(process)
  },

  'store.lost'({ grant: { history }, after, at }) {
    history.stored = after
    history.losses += 1
    history.isUneven = true
    history.blames.set('record lost', at)
  },

  'call.began'({ call: { kind, grant, issue, process } }) {
    const { history } = grant
    if (kind === 'token') return
    history.commands += 1
    if (kind === 'drop') {
      history.drops += 1
      history.blames.set('grant revoked', process.world.now)
    }
    if (issue === undefined) return
    history.newest = issue
    history.receiving += 1
  },

  'call.ended'({ call: { grant, issue, outcome } }) {
    if (issue === undefined) return
    grant.history.receiving -= 1
    // The grant of another sign-in may yet take the place of this one.
    if (!outcome?.ok || grant.history.receiving > 0) return
    // What befell the grant before does not matter to the one that has taken its place.
    const { blames, pastBlames, stored } = grant.history
    if (stored?.record?.tokens?.refreshToken !== issue.refreshToken) return
    const all = [...pastBlames, ...blames]
    blames.clear()
    // They matter to one that is older, though it was stored later: who received it has slept meanwhile.
    for (const [blame, at] of all) (at < issue.issuedAt ? pastBlames : blames).set(blame, at)
  },

  'request.sent'({ exchange }) {
    const { history } = exchange.grant
    history.inFlight.add(exchange)
    if (!exchange.guarded) history.isUneven = true
    history.operations += 1
  },

  'request.handled'({ exchange, answer }) {
    if (answer.issue === undefined) return
    exchange.grant.history.newest = answer.issue
    exchange.grant.history.issues += 1
  },

  'request.ended'({ exchange }) {
    const { history, spends } = exchange.grant
    history.inFlight.delete(exchange)
    history.isFailing = exchange.end !== 'won'
    const unclear = exchange.end === 'unknown' || exchange.copies > 1 || mayBeGivenUp(exchange)
    if (spends && exchange.refreshToken !== undefined && unclear)
      history.blames.set('response lost', exchange.process.world.now)
  },

  'token.rejected'({ grant, accessToken }) {
    grant.history.rejected.add(accessToken)
  },

  'process.ended'({ process, how }) {
    for (const { history, numbers } of process.grants) {
      // What is worth it is waited for when a process is closed in good order, as long as its clock says.
      const waitedMs = process.runningMs - (process.closingAtMs ?? 0)
      const isEarly = waitedMs < numbers.requestTimeoutMs + numbers.commitBudgetMs
      const impatient = process.closing && isEarly && !process.machine.wasSet
      if (how === 'close' && impatient) continue
      if (history.working.delete(process)) history.blames.set('process ended', process.world.now)
      for (const exchange of history.inFlight) {
        if (exchange.process !== process) continue
        history.inFlight.delete(exchange)
        history.blames.set('process ended', process.world.now)
      }
    }
  },
}
