import { fingerprintOf } from '../digest/fingerprint.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { GrantRecord } from '../record/grant-record.ts'

/** The name of the configured refresh token, `undefined` when none is configured. */
export function seedFingerprint(policy: GrantPolicy): string | undefined {
  return policy.seedRefreshToken === undefined ? undefined : fingerprintOf(policy.seedRefreshToken)
}

/**
 * Whether the configured refresh token is one that this grant has not begun with, and the grant cannot go on, or
 * was never there: somebody has configured a new one. A grant that lives is never replaced by configuration. Nobody
 * else may hold the lease: its holder may be about to save what the grant goes on with.
 */
export function hasNewSeed(record: GrantRecord, at: number, policy: GrantPolicy): boolean {
  if (policy.seedRefreshToken === undefined) return false
  const ended =
    record.tokens?.refreshToken === undefined ||
    record.trouble?.until === Number.POSITIVE_INFINITY ||
    isSpent(record, at, policy)
  return ended && record.seed !== seedFingerprint(policy)
}

/**
 * Whether the refresh token of a record may have reached the server and must not be presented again: it works once, and
 * `replayWindowMs` is over.
 */
export function isSpent({ spentAt }: GrantRecord, at: number, policy: GrantPolicy): boolean {
  if (policy.refreshTokenUse === 'reusable' || spentAt === undefined) return false
  return at < spentAt || at >= spentAt + policy.replayWindowMs
}
