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
  type Decision,
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
  inWords,
  type PolicyNumbers,
  type ProofOfPossession,
  type Provider,
  type RuntimeReport,
  type Secret,
  type Store,
  strictProfile,
  type TokenEvent,
  type TokenListener,
  type Transport,
  tolerantProfile,
} from '@evergrant/core'
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
export type { GrantOptions } from './grant-options.ts'
export { type LocalStoreOptions, localStore } from './local-store.ts'
export { type OAuthProviderOptions, oauthProvider } from './oauth-provider.ts'
export type { ReceivedTokens } from './received-tokens.ts'
export { env, secret } from './secret.ts'
export { type RingPlaceState, type SecretRing, secretRing } from './secret-ring.ts'
export { systemClock, type TimeSource } from './system-clock.ts'
export { Token } from './token.ts'
export { type RuntimeOptions, type TokenRuntime, tokenRuntime, tokenSource } from './token-runtime.ts'
export type { TokenOptions, TokenSource } from './token-source.ts'
