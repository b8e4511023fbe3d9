import { type Members, moveClock, type SandboxAdmin } from '../sandbox-admin.ts'
import { PLATFORM_FAULTS, type PlatformFault } from './platform-options.ts'
import type { PlatformState } from './platform-state.ts'

/**
 * Control over HTTP, for other processes and for people with curl. All but `state` are POSTs with a JSON body.
 *
 * - `GET /sandbox/state`: counts and the last requests.
 * - `/sandbox/clock` `{ "advanceMs": 1000 }`
 * - `/sandbox/revoke` `{}`: ends all tokens.
 * - `/sandbox/fault` `{ "fault": "busy", "times": 3 }` for the token endpoint.
 */
export const PLATFORM_ADMIN: SandboxAdmin<PlatformState> = {
  describe: describeState,
  verbs: new Map<string, (state: PlatformState, members: Members) => string | undefined>([
    ['clock', moveClock],
    ['revoke', revoke],
    ['fault', injectFault],
  ]),
}

function revoke(state: PlatformState): undefined {
  state.revoke()
}

function injectFault(state: PlatformState, { fault, times = 1 }: Members): string | undefined {
  if (typeof times !== 'number' || !(times >= 1 && times <= 1_000)) return 'times must be from 1 to 1,000'
  if (!PLATFORM_FAULTS.includes(fault as PlatformFault)) {
    return `fault must be one of ${PLATFORM_FAULTS.join(', ')}`
  }
  state.fault(fault as PlatformFault, times)
  return undefined
}

function describeState({ now, tokenRequests, tokensIssued, apiCalls, requests }: PlatformState): Members {
  return { now, tokenRequests, tokensIssued, apiCalls, requests: requests.slice(-50) }
}
