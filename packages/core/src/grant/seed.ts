import { fingerprintOf } from '../digest/fingerprint.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { GrantRecord } from '../record/grant-record.ts'

/** The name of the configured refresh token, `undefined` when none is configured. */
export function seedFingerprint(policy: GrantPolicy): string | undefined {
  return policy.seedRefreshToken === undefined ? undefined : fingerprintOf(policy.seedRefreshToken)
}

/**
 * Whether the configured refresh token is one that this grant has not begun with, and the grant cannot go on, or
 * was never there: somebody has configured a new one. A grant that lives is never replaced by configuration.
 */
export function hasNewSeed(record: GrantRecord, policy: GrantPolicy): boolean {
  if (policy.seedRefreshToken === undefined) return false
  const ended =
    record.tokens?.refreshToken === undefined || record.trouble?.until === Number.POSITIVE_INFINITY
  return ended && record.seed !== seedFingerprint(policy)
}
