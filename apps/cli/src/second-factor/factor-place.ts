import { join } from 'node:path'
import { fileStore } from '@evergrant/store-file'
import { UsageError } from '../failure-report.ts'
import type { Terminal } from '../terminal.ts'
import { type TotpFactor, totpFactor } from './totp-factor.ts'

/** Does something with the second verification of this user, wherever it is kept. */
export async function withFactor<Result>(
  { env }: Terminal,
  act: (factor: TotpFactor) => Promise<Result>,
): Promise<Result> {
  const store = fileStore({ directory: directoryOf(env) })
  try {
    return await act(totpFactor(store, Date.now))
  } finally {
    await store.close?.()
  }
}

/** By the XDG Base Directory Specification: it is configuration, and it is not kept beside the tokens that it protects. */
function directoryOf({ EVERGRANT_SECOND_FACTOR, XDG_CONFIG_HOME, HOME }: Terminal['env']): string {
  if (EVERGRANT_SECOND_FACTOR) return EVERGRANT_SECOND_FACTOR
  if (XDG_CONFIG_HOME) return join(XDG_CONFIG_HOME, 'evergrant', 'second-factor')
  if (HOME) return join(HOME, '.config', 'evergrant', 'second-factor')
  throw new UsageError('there is no home directory; name a directory with EVERGRANT_SECOND_FACTOR')
}
