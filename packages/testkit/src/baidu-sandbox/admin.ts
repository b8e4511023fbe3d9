import { type Members, moveClock, type SandboxAdmin } from '../sandbox-admin.ts'
import { TOKEN_FAULTS, type TokenFault } from './sandbox-options.ts'
import type { SandboxState } from './sandbox-state.ts'

/**
 * Control over HTTP, for other processes and for people with curl. All but `state` are POSTs with a JSON body.
 *
 * - `GET /sandbox/state`: counts, settings and the last requests.
 * - `/sandbox/clock` `{ "advanceMs": 1000 }`
 * - `/sandbox/revoke` `{ "token": "24.…" }` or a bearer key that was exchanged, or `{}` for all that were issued.
 * - `/sandbox/fault` `{ "fault": "json_503", "times": 3 }` for the token endpoint and the exchange,
 *   `{ "code": 110, "times": 1 }` for the APIs.
 * - `/sandbox/settings` `{ "lifetimeSeconds": 60, "qps": 2, "latencyMs": 100 }`, any of them.
 * - `/sandbox/clear` `{}`: ends all faults.
 * - `/sandbox/decide` `{ "userCode": "…", "approved": true }`: a user decides about a device.
 */
export const BAIDU_ADMIN: SandboxAdmin<SandboxState> = {
  describe: describeState,
  verbs: new Map<string, (state: SandboxState, members: Members) => string | undefined>([
    ['clock', moveClock],
    ['revoke', revoke],
    ['fault', injectFault],
    ['settings', changeSettings],
    ['clear', clear],
    ['decide', decide],
  ]),
}

function revoke(state: SandboxState, { token }: Members): string | undefined {
  if (token !== undefined && typeof token !== 'string')
    return 'token must be a string, or be left out for all'
  state.revoke(token)
  return undefined
}

function injectFault(state: SandboxState, { fault, code, times = 1 }: Members): string | undefined {
  if (typeof times !== 'number' || !(times >= 1)) return 'times must be a number of at least 1'
  if (typeof code === 'number') state.faultApi(code, times)
  else if (TOKEN_FAULTS.includes(fault as TokenFault)) state.faultTokens(fault as TokenFault, times)
  else return `fault must be one of ${TOKEN_FAULTS.join(', ')}; or give an API error as code`
  return undefined
}

function changeSettings(state: SandboxState, members: Members): string | undefined {
  for (const name of ['lifetimeSeconds', 'qps', 'latencyMs'] as const) {
    const value = members[name]
    if (value === undefined) continue
    if (typeof value !== 'number' || !(value >= 0)) return `${name} must be a number of at least 0`
    state[name] = value
  }
  return undefined
}

function clear(state: SandboxState): undefined {
  state.clearFaults()
}

function decide(state: SandboxState, { userCode, approved = true }: Members): string | undefined {
  const known = typeof userCode === 'string' && state.users.decide(userCode, approved === true)
  return known ? undefined : 'userCode must be the code of a device that waits'
}

function describeState(state: SandboxState): Record<string, unknown> {
  const { now, lifetimeSeconds, qps, latencyMs, tokenRequests, tokensIssued, apiCalls, requests } = state
  return {
    now,
    lifetimeSeconds,
    qps,
    latencyMs,
    tokenRequests,
    tokensIssued,
    apiCalls,
    requests: requests.slice(-50),
  }
}
