import type { AnomalyState, Detector, Noted } from './anomaly-state.ts'

/** What RFC 6749 §5.2 has for credentials that are not accepted. */
const REFUSALS: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_grant',
  'access_denied',
])

/** Refusals of the credentials in a row, by the token endpoint or by an API. */
export const detectCredentials: Detector = (state, { event }, thresholds) => {
  const { credentialCodes, credentialFailuresMax } = thresholds
  const isRefusal = (code: string) => REFUSALS.has(code) || credentialCodes.includes(code)
  switch (event.type) {
    case 'renewal.succeeded':
      return { state: { ...state, endpointRefusals: 0 } }
    case 'renewal.failed': {
      const { code } = event.failure
      if (!isRefusal(code)) return { state }
      const failures = state.endpointRefusals + 1
      const next = { ...state, endpointRefusals: failures }
      return noted(next, 'token_endpoint', failures, code, credentialFailuresMax)
    }
    case 'call.ended': {
      const code = event.failure?.code
      if (code === undefined)
        return state.apiRefusals === 0 ? { state } : { state: { ...state, apiRefusals: 0 } }
      if (!isRefusal(code)) return { state }
      const failures = state.apiRefusals + 1
      return noted({ ...state, apiRefusals: failures }, 'api', failures, code, credentialFailuresMax)
    }
    default:
      return { state }
  }
}

function noted(
  state: AnomalyState,
  by: 'token_endpoint' | 'api',
  failures: number,
  code: string,
  most: number,
): Noted {
  if (failures <= most) return { state }
  return { state, found: { type: 'anomaly.credentials_failing', failures, code, by } }
}
