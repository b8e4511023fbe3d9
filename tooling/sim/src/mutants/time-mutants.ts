import type { Mutant } from './mutant.ts'

const GRANT = 'packages/core/src/grant'
const MESSAGE = 'packages/core/src/message'
const RECORD = 'packages/core/src/record'

/** Bugs in how long things live. */
const FRESHNESS_MUTANTS: readonly Mutant[] = [
  {
    name: 'served-past-expiry',
    area: 'freshness',
    file: `${GRANT}/stamp.ts`,
    find: 'lapsesAt: tokens.expiresAt - marginMs(tokens, policy),',
    replace: 'lapsesAt: tokens.expiresAt + marginMs(tokens, policy),',
    breaks: 'a token is served after its end',
  },
  {
    name: 'life-begins-with-the-answer',
    area: 'freshness',
    file: `${MESSAGE}/token-response.ts`,
    find: '      sentAt: context.sentAt,\n      expiresAt: context.sentAt + lifeMs,',
    replace: '      sentAt: context.receivedAt,\n      expiresAt: context.receivedAt + lifeMs,',
    breaks: 'a slow answer lengthens the life of its token',
    tests: 'packages/core/test/message/token-response.test.ts',
  },
  {
    name: 'unknown-life-is-endless',
    area: 'freshness',
    file: `${MESSAGE}/token-response.ts`,
    find: 'return believable ? Math.min(hintedMs, context.lifetimeMsMax) : LIFETIME_UNKNOWN_MS',
    replace: 'return believable ? Math.min(hintedMs, context.lifetimeMsMax) : context.lifetimeMsMax',
    breaks: 'a token whose life is not told is kept for a year',
  },
  {
    name: 'foreign-clock-trusted',
    area: 'freshness',
    file: `${GRANT}/store-clock.ts`,
    find: 'rebased(record, -2 * turn.policy.clockSkewMs, 0)',
    replace: 'rebased(record, 0)',
    breaks: 'the clock of another machine is taken for one’s own',
  },
  {
    name: 'store-clock-ignored',
    area: 'freshness',
    file: `${GRANT}/store-clock.ts`,
    find: 'rebased(record, -storeOffset.mostMs, -storeOffset.leastMs)',
    replace: 'rebased(record, 0)',
    breaks: 'instants of the store are read as one’s own',
  },
  {
    name: 'offset-learned-too-early',
    area: 'freshness',
    file: `${GRANT}/store-clock.ts`,
    find: 'if (storeOffset === undefined || (learnedTooEarly && !anchored)) {',
    replace: 'if (storeOffset === undefined) {',
    breaks: 'an expiry is written with an offset from before the clock was set',
    tests: 'packages/core/test/grant/store-trouble.test.ts',
  },
  {
    name: 'rejected-token-served',
    area: 'freshness',
    file: `${GRANT}/stamp.ts`,
    find: 'return stamp === undefined || stamp.rejected || at >= stamp.lapsesAt',
    replace: 'return stamp === undefined || at >= stamp.lapsesAt',
    breaks: 'a token goes on being served after it was rejected',
  },
  {
    name: 'due-too-early',
    area: 'freshness',
    file: `${GRANT}/stamp.ts`,
    find: 'const windowMs = Math.min(policy.renewBeforeMs, lifeMs * policy.renewFraction)',
    replace: 'const windowMs = Math.max(policy.renewBeforeMs, lifeMs * policy.renewFraction)',
    breaks: 'short-lived tokens are due as soon as they are there',
  },
  {
    name: 'due-not-noticed',
    area: 'freshness',
    file: `${GRANT}/serve.ts`,
    find: 'if (isDue(stamp, at)) state.asked = true',
    replace: '',
    breaks: 'a token that is due is not renewed behind its callers',
    tests: 'packages/core/test/grant/renewal.test.ts',
  },
  {
    name: 'rejection-loop',
    area: 'freshness',
    file: `${GRANT}/stamp.ts`,
    find: 'return stamp.replaces > 0 && ageMs(stamp, at) < policy.freshForMs',
    replace: 'return stamp.replaces > 1_000_000 && ageMs(stamp, at) < policy.freshForMs',
    breaks: 'a token that replaced a rejected one is replaced at once when it is rejected too',
  },
  {
    name: 'short-life-asked-again',
    area: 'freshness',
    file: `${GRANT}/serve.ts`,
    find: 'return isNew ? lifetimeTooShort(stamp, waiter.minValidForMs) : undefined',
    replace: 'return undefined',
    breaks: 'a caller who wants more than the provider gives causes one request after another',
    tests: 'packages/core/test/grant/renewal.test.ts',
  },
]

/** Bugs in pauses. */
const BACKOFF_MUTANTS: readonly Mutant[] = [
  {
    name: 'no-backoff',
    area: 'backoff',
    file: `${GRANT}/trouble.ts`,
    find: 'return policy.backoffMinMs + Math.floor(roll * Math.max(0, ceilingMs - policy.backoffMinMs))',
    replace: 'return ceilingMs > 0 ? 0 : roll',
    breaks: 'failed requests and store operations are repeated at once',
  },
  {
    name: 'latch-not-held',
    area: 'backoff',
    file: `${GRANT}/trouble.ts`,
    find: 'if (isTerminal(failure) || failure.code === REJECTED_AGAIN) return',
    replace: 'if (failure.code === REJECTED_AGAIN) return',
    breaks: 'a wrong secret is tried again and again',
    tests: 'packages/core/test/grant/failure.test.ts',
  },
  {
    name: 'trouble-not-shared',
    area: 'backoff',
    file: `${GRANT}/adopt.ts`,
    find: 'state.trouble = changed ? sharedTrouble(state.trouble, stored) : (state.trouble ?? stored)',
    replace: '',
    breaks: 'a pause that one process has noted counts for that one only',
  },
]

/** Bugs in reading answers and records. */
const PARSING_MUTANTS: readonly Mutant[] = [
  {
    name: 'rejection-not-read',
    area: 'parsing',
    file: `${RECORD}/record-codec.ts`,
    find: "rejected: members.flag('rejected'),",
    replace: 'rejected: false,',
    breaks: 'nobody learns from the record that a token was rejected',
  },
  {
    name: 'lease-not-read',
    area: 'parsing',
    file: `${RECORD}/record-codec.ts`,
    find: "lease: readLease(members.object('lease')),",
    replace: 'lease: undefined,',
    breaks: 'nobody sees the lease of another',
  },
  {
    name: 'identity-not-compared',
    area: 'parsing',
    file: `${RECORD}/record-codec.ts`,
    find: "if (format !== RECORD_FORMAT || members.text('identity') !== canonicalText(identity))",
    replace: 'if (format !== RECORD_FORMAT)',
    breaks: 'the record of another tenant is taken for one’s own',
  },
  {
    name: 'later-format-overwritten',
    area: 'parsing',
    file: `${RECORD}/record-codec.ts`,
    find: "if (format > RECORD_FORMAT) return { kind: 'barred', code: 'record_newer' }",
    replace: '',
    breaks: 'the record of a later version is overwritten',
    tests: 'packages/core/test/record/record-codec.test.ts',
  },
  {
    name: 'garbage-is-thrown',
    area: 'parsing',
    file: `${RECORD}/record-codec.ts`,
    find: "    return { kind: 'miss' }\n  }\n}\n\nfunction readRecord",
    replace: "    throw new Error('unreadable')\n  }\n}\n\nfunction readRecord",
    breaks: 'bytes that are no record become an exception',
  },
  {
    name: 'duplicate-member-accepted',
    area: 'parsing',
    file: `${MESSAGE}/json-object.ts`,
    find: "if (shape === 'duplicate') return refuse(fail('response_duplicate_member'))",
    replace: '',
    breaks: 'an answer may name two tokens, of which the last counts',
    tests: 'packages/core/test/message/token-response.test.ts',
  },
  {
    name: 'lifetime-not-checked',
    area: 'parsing',
    file: `${MESSAGE}/lifetime.ts`,
    find: `  if (!(seconds > 0)) return 'not_positive'
  const ms = Math.min(Math.floor(seconds * 1000), lifetimeMsMax)
  return ms >= 1 ? { kind: 'finite', ms } : 'not_positive'`,
    replace: `  const ms = Math.min(Math.floor(seconds * 1000), lifetimeMsMax)
  return { kind: 'finite', ms }`,
    breaks: 'a token with a negative life is taken',
    tests: 'packages/core/test/message/token-response.test.ts',
  },
  {
    name: 'lifetime-in-text-concatenated',
    area: 'parsing',
    file: `${MESSAGE}/lifetime.ts`,
    find: 'seconds = Number(value)',
    replace: 'seconds = Number(value) * 10',
    breaks: 'a lifetime that is written as text is ten times too long',
  },
  {
    name: 'retry-after-ignored',
    area: 'parsing',
    file: `${MESSAGE}/retry-after.ts`,
    find: '? Number(field) * 1000',
    replace: '? Number(field) * 0',
    breaks: 'the pause that a server asks for is not kept',
    tests: 'packages/core/test/message/error-response.test.ts',
  },
]

export const TIME_MUTANTS: readonly Mutant[] = [...FRESHNESS_MUTANTS, ...BACKOFF_MUTANTS, ...PARSING_MUTANTS]
