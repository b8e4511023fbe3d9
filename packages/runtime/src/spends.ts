import type { GrantPolicy } from '@evergrant/core'

/** Whether renewing uses up what it is done with. */
export function spends({ renewWith, refreshTokenUse }: GrantPolicy): boolean {
  return renewWith === 'refresh_token' && refreshTokenUse === 'single_use'
}
