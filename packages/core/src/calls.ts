/**
 * Calls of an API with a token: where the token goes, how an answer is judged, what is tried again, and what a token
 * permits. As pure as the rest of the core.
 *
 * @packageDocumentation
 */
export { type Origin, type OriginTest, originTest } from './call/allowed-origin.ts'
export { type BearerApiOptions, bearerApi } from './call/bearer-api.ts'
export {
  CALL_LIMITS,
  type CallDecision,
  type CallLimits,
  type CallProgress,
  type CallTraits,
  decideCall,
  isIdempotent,
} from './call/call-decision.ts'
export { atLeast, callLimits, circuitPolicy } from './call/call-numbers.ts'
export { checkScopes, type ScopeCheck } from './call/check-scopes.ts'
export {
  type Admission,
  admit,
  CIRCUIT_POLICY,
  type Circuit,
  type CircuitPolicy,
  CLOSED_CIRCUIT,
  settled,
  unsettled,
} from './call/circuit.ts'
export { endWithoutAnswer } from './call/end-of-call.ts'
export { judgeCall, secretsIn } from './call/judge-call.ts'
export { hasLeft, lostConnection } from './call/lost-connection.ts'
export { type Placed, placeToken, withoutQueryToken } from './call/place-token.ts'
export {
  type ApiAnswer,
  type ApiFailure,
  type CallTarget,
  LOOK_BYTES_MAX,
  type ResourceServer,
  type ScopeRules,
  type TokenPlace,
} from './call/resource-server.ts'
export { type AuthorizableRequest, isAuthorized } from './call/taken-place.ts'
export {
  type Permissions,
  permissions,
  type ScopeAdvice,
  type ScopeLedger,
  type ScopeReport,
  scopeLedger,
} from './permission/permissions.ts'
export { readJwt, type UnverifiedJwt } from './permission/read-jwt.ts'
export type { CallEnd, CallGuard } from './ports/call-guard.ts'
export type { CallLimiter } from './ports/call-limiter.ts'
export type { RequestSigner, SignableRequest } from './ports/request-signer.ts'
