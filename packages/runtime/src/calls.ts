/**
 * Authorized calls over `fetch`: the token on the request, a rejected token handled once, limits and guards.
 *
 * @packageDocumentation
 */

export type { CallEvent, CallListener, LimiterEvent } from '@evergrant/core'
export {
  type ApiFailure,
  type BearerApiOptions,
  bearerApi,
  type CallGuard,
  type CallLimiter,
  type CallLimits,
  type Permissions,
  permissions,
  type RequestSigner,
  type ResourceServer,
  readJwt,
  type ScopeCheck,
  type ScopeLedger,
  type ScopeReport,
  scopeLedger,
} from '@evergrant/core/calls'
export type { CallInit } from './call/api-request.ts'
export {
  type AuthorizedFetch,
  type AuthorizedFetchOptions,
  authorizedFetch,
  type CallAuthorization,
} from './call/authorized-fetch.ts'
export { type ApiGuard, type CallGuardOptions, callGuard } from './call/call-guard.ts'
