/**
 * Keeps OAuth 2.0 access tokens valid.
 *
 * Theory of operation: `tokenSource` opens a session per grant, which runs the core's grant machine: it feeds
 * commands and facts to it and carries out the effects that come back, over a store, a transport and a clock
 * that can each be replaced. A token that is held is handed out without consulting the machine at all.
 *
 * This entry imports nothing but the core, and nothing of Node: it runs wherever `fetch` and WebCrypto do.
 *
 * @packageDocumentation
 */
export {
  type Advice,
  type Anomaly,
  type AnomalyThresholds,
  type ApiFailure,
  anomalyInWords,
  type BearerApiOptions,
  bearerApi,
  type CallEvent,
  type CallGuard,
  type CallLimiter,
  type CallLimits,
  type CallListener,
  type Decision,
  type DevicePrompt,
  describe,
  type EventOrigin,
  EvergrantError,
  type EvergrantEvent,
  type Explanation,
  type Failure,
  type FailureKind,
  type GrantIdentity,
  type GuardEvent,
  type GuardListener,
  type Introspection,
  inWords,
  type LimiterEvent,
  type Permissions,
  type PolicyNumbers,
  type ProofOfPossession,
  type Provider,
  permissions,
  type RequestSigner,
  type ResourceServer,
  type RuntimeReport,
  readJwt,
  type ScopeCheck,
  type ScopeLedger,
  type ScopeReport,
  type Secret,
  type Sighting,
  type Store,
  scopeLedger,
  strictProfile,
  type TokenEvent,
  type TokenListener,
  type Transport,
  tolerantProfile,
} from '@evergrant/core'
export {
  type AnomalyWatch,
  type AnomalyWatchOptions,
  anomalyWatch,
  type SeenWhere,
  type SourceWatch,
  type WatchedEvent,
  type WatchedSource,
  watchAnomalies,
} from './anomaly-watch.ts'
export type { CallInit } from './call/api-request.ts'
export {
  type AuthorizedFetch,
  type AuthorizedFetchOptions,
  authorizedFetch,
  type CallAuthorization,
} from './call/authorized-fetch.ts'
export { type ApiGuard, type CallGuardOptions, callGuard } from './call/call-guard.ts'
export {
  type ClientCredentials,
  clientSecretBasic,
  clientSecretPost,
  clientSecretQuery,
  publicClient,
  tlsClientAuth,
} from './client-authentication.ts'
export type { Client } from './client-gate.ts'
export { type FetchTransportOptions, fetchTransport } from './fetch-transport.ts'
export {
  type AuthorizationFlow,
  type AuthorizationFlowOptions,
  authorizationFlow,
  type SignInOptions,
} from './flow/authorization-flow.ts'
export { type DeviceSignInOptions, deviceSignIn } from './flow/device-sign-in.ts'
export {
  type DiscoveryOptions,
  discoverProvider,
  type IssuerDirectory,
  type IssuerDirectoryOptions,
  issuerDirectory,
} from './flow/discover-provider.ts'
export type { EndpointOptions } from './flow/endpoint-client.ts'
export type { GrantedTokens } from './flow/granted-tokens.ts'
export { introspectToken, revokeToken } from './flow/token-inquiry.ts'
export type { GrantOptions } from './grant-options.ts'
export { type LocalStoreOptions, localStore } from './local-store.ts'
export { type OAuthProviderOptions, oauthProvider } from './oauth-provider.ts'
export { env, secret } from './secret.ts'
export { type RingPlaceState, type SecretRing, secretRing } from './secret-ring.ts'
export { systemClock, type TimeSource } from './system-clock.ts'
export { Token } from './token.ts'
export {
  type Exchange,
  type ExchangedToken,
  type ExchangeGrant,
  type TokenExchangeOptions,
  tokenExchange,
} from './token-exchange.ts'
export { type Revocation, type SignedOut, tokenRevocation } from './token-revocation.ts'
export {
  type RuntimeOptions,
  type TokenRuntime,
  tokenRuntime,
  tokenSource,
} from './token-runtime.ts'
export type { ReceivedTokens, TokenOptions, TokenSource } from './token-source.ts'
