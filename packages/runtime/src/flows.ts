/**
 * Grants that begin elsewhere: sign-in with a browser or on another device, exchanged tokens, servers that describe
 * themselves, and the end of a grant at its server.
 *
 * @packageDocumentation
 */
export { TransportError } from '@evergrant/core'
export type { DevicePrompt, Introspection } from '@evergrant/core/flows'
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
export {
  type Exchange,
  type ExchangedToken,
  type ExchangeGrant,
  type TokenExchangeOptions,
  tokenExchange,
} from './token-exchange.ts'
export { type Revocation, type SignedOut, tokenRevocation } from './token-revocation.ts'
