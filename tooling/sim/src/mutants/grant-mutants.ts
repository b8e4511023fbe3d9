import type { Mutant } from './mutant.ts'

const GRANT = 'packages/core/src/grant'

/** Bugs in leases and fences: who may ask for tokens, and whose tokens count. */
const LEASE_MUTANTS: readonly Mutant[] = [
  {
    name: 'lease-lapses-early',
    area: 'lease',
    file: `${GRANT}/lease.ts`,
    find: 'return known.ageMs < policy.leaseMs',
    replace: 'return known.ageMs < policy.leaseMs / 2',
    breaks: 'a lease is taken over while its holder is at work',
  },
  {
    name: 'lease-never-lapses',
    area: 'lease',
    file: `${GRANT}/lease.ts`,
    find: 'return known.ageMs < policy.leaseMs',
    replace: 'return true',
    breaks: 'the lease of a holder that died keeps everybody waiting for ever',
  },
  {
    name: 'lease-timed-by-local-clock',
    area: 'lease',
    file: `${GRANT}/lease.ts`,
    find: 'return watchedMs < policy.leaseMs || known.sightings < pollsNeeded',
    replace: 'return watchedMs < policy.leaseMs',
    breaks: 'where the store tells no time, a clock that is set forward ends a lease',
    tests: 'packages/core/test/grant/cold-key.test.ts',
  },
  {
    name: 'intent-not-written',
    area: 'lease',
    file: `${GRANT}/renewal.ts`,
    find: 'spentAt: flight.spends ? (flight.firstUse ? flight.leaseAskedAt : base.spentAt) : base.spentAt,',
    replace: 'spentAt: base.spentAt,',
    breaks: 'a refresh token is presented without a mark that it was',
  },
  {
    name: 'late-holder-sends',
    area: 'lease',
    file: `${GRANT}/renewal.ts`,
    find: 'const leftMs = flight.leaseAskedAt + policy.leaseMs - policy.commitBudgetMs - at',
    replace: 'const leftMs = policy.leaseMs - policy.commitBudgetMs',
    breaks: 'a holder that was paused sends its request when its lease is over',
    tests: 'packages/core/test/grant/cold-key.test.ts',
  },
  {
    name: 'lease-tried-unseen-by-users',
    area: 'lease',
    file: `${GRANT}/decide.ts`,
    find: "if (!policy.leaseUnseen || policy.role === 'follower' || !canAskAgain(policy.identity)) return false",
    replace: "if (!policy.leaseUnseen || policy.role === 'follower') return false",
    breaks: 'a session begins by asking for what only a user can grant, whatever the record holds',
    tests: 'packages/core/test/grant/lease-unseen.test.ts',
  },
  {
    name: 'refused-write-hides-the-record',
    area: 'lease',
    file: `${GRANT}/handlers.ts`,
    find: 'if (turn.state.known !== undefined || waited) noteStoreFailure(turn)',
    replace: 'noteStoreFailure(turn)',
    breaks: 'a token goes unread in a store that can only read, and another one is asked for',
    tests: 'packages/core/test/grant/lease-unseen.test.ts',
  },
  {
    name: 'lease-kept-after-winning',
    area: 'lease',
    file: `${GRANT}/outcome.ts`,
    find: `    rejected,
    replaces,
    lease: undefined,`,
    replace: `    rejected,
    replaces,`,
    breaks: 'tokens are stored with the lease under which they were won',
  },
  {
    name: 'fence-not-raised',
    area: 'fence',
    file: `${GRANT}/renewal.ts`,
    find: `export function takeLease(turn: Turn, plan: Exclude<Plan, { failure: Failure }>): void {
  const { state, at } = turn
  const fence = Math.max(state.fenceSeen, state.stamp?.generation ?? 0) + 1`,
    replace: `export function takeLease(turn: Turn, plan: Exclude<Plan, { failure: Failure }>): void {
  const { state, at } = turn
  const fence = Math.max(state.fenceSeen, state.stamp?.generation ?? 0, 1)`,
    breaks: 'two leases have the same number',
  },
  {
    name: 'fence-forgotten',
    area: 'fence',
    file: `${GRANT}/adopt.ts`,
    find: 'state.fenceSeen = Math.max(state.fenceSeen, translated.record.fence)',
    replace: 'state.fenceSeen = Math.max(state.fenceSeen, translated.record.generation)',
    breaks: 'a lease is numbered below one that was given before',
  },
  {
    name: 'overtaken-holder-overwrites',
    area: 'fence',
    file: `${GRANT}/commit.ts`,
    find: 'if (pending.guarded) return news || (stored.fence > pending.record.fence && stored.lease !== undefined)',
    replace: 'if (pending.guarded) return news',
    breaks: 'a holder that was overtaken overwrites the lease that followed',
    tests: 'packages/core/test/grant/overtaken.test.ts',
  },
  {
    name: 'restored-below-the-fence',
    area: 'fence',
    file: `${GRANT}/commit.ts`,
    find: 'fence: Math.max(state.fenceSeen, record.generation),',
    replace: 'fence: record.generation,',
    breaks: 'what is given back to the store takes its fences back',
  },
]

/** Bugs in what is written, and what is served before it is. */
const COMMIT_MUTANTS: readonly Mutant[] = [
  {
    name: 'served-before-saved',
    area: 'commit',
    file: `${GRANT}/outcome.ts`,
    find: 'if (!mustSave) promote(turn, record, false)',
    replace: 'promote(turn, record, false)',
    breaks: 'an access token is served while its refresh token exists in memory only',
  },
  {
    name: 'commit-given-up',
    area: 'commit',
    file: `${GRANT}/commit.ts`,
    find: "if (pending.kind === 'release') {\n    state.pending = undefined",
    replace: "if (pending.kind !== 'drop') {\n    state.pending = undefined",
    breaks: 'won tokens are not written again when the store fails once',
  },
  {
    name: 'late-commit-not-told',
    area: 'commit',
    file: `${GRANT}/commit.ts`,
    find: "report(turn, { type: 'commit.late', generation: pending.record.generation })",
    replace: '',
    breaks: 'nobody hears that tokens are served which could not be saved',
  },
  {
    name: 'mark-of-spending-stays',
    area: 'commit',
    file: `${GRANT}/outcome.ts`,
    find: `    spentAt: undefined,
    trouble: rejected`,
    replace: `    spentAt: base.spentAt,
    trouble: rejected`,
    breaks: 'a new refresh token counts as spent',
  },
  {
    name: 'kept-refresh-token-lost',
    area: 'commit',
    file: 'packages/core/src/message/token-set.ts',
    find: 'refreshToken: refreshed.refreshToken ?? presented,',
    replace: 'refreshToken: refreshed.refreshToken,',
    breaks: 'a refresh token that goes on working is forgotten when the answer brings none',
  },
  {
    name: 'command-confirmed-too-early',
    area: 'commit',
    file: `${GRANT}/commands.ts`,
    find: `  turn.state.trouble = undefined
  decide(turn)`,
    replace: `  turn.state.trouble = undefined
  turn.effects.push({ type: 'reply', waiter: event.waiter, outcome: { ok: true, served: undefined } })
  decide(turn)`,
    breaks: 'a received grant is confirmed before it is stored',
  },
  {
    name: 'own-write-not-recognised',
    area: 'commit',
    file: `${GRANT}/commit.ts`,
    find: 'stored.writer === holder &&\n    stored.fence === wanted.fence &&',
    replace: 'stored.writer !== holder &&\n    stored.fence === wanted.fence &&',
    breaks: 'a write whose answer was lost is taken for one of somebody else',
  },
  {
    name: 'store-not-repaired',
    area: 'commit',
    file: `${GRANT}/decide.ts`,
    find: '  if (needsRestoring(turn)) {',
    replace: '  if (needsRestoring(turn) && at < 0) {',
    breaks: 'a record that the store has lost is not written back',
  },
  {
    name: 'end-believed-at-once',
    area: 'commit',
    file: `${GRANT}/outcome.ts`,
    find: `  if (flight.refreshToken !== undefined && failure.kind === 'reauthorize') {
    // Another session may have renewed meanwhile, and this is what its success looks like from here.
    state.doubt = failure
    return
  }
`,
    replace: '',
    breaks: 'invalid_grant is believed before the record was read again',
  },
  {
    name: 'doubtful-answer-proves-refusal',
    area: 'commit',
    file: `${GRANT}/outcome.ts`,
    find: 'if (response.status === 429 || response.status === 503) return true',
    replace: 'if (response.status === 429 || response.status >= 500) return true',
    breaks: 'a refresh token is presented again after a gateway has failed',
  },
  {
    name: 'lost-answer-proves-nothing',
    area: 'commit',
    file: `${GRANT}/handlers.ts`,
    find: 'settleUnanswered(turn, currentFlight(turn), event.failure, event.delivery)',
    replace: "settleUnanswered(turn, currentFlight(turn), event.failure, 'not_sent')",
    breaks: 'a refresh token is presented again after its answer was lost',
  },
  {
    name: 'drop-undone-by-the-store',
    area: 'commit',
    file: `${GRANT}/adopt.ts`,
    find: 'if (!isPutBack) absorb(',
    replace: 'absorb(',
    breaks: 'tokens that were dropped are handed out again when the store falls behind',
    tests: 'packages/core/test/grant/command.test.ts',
    wasReal: true,
  },
]

export const GRANT_MUTANTS: readonly Mutant[] = [...LEASE_MUTANTS, ...COMMIT_MUTANTS]
