/**
 * The OAuth 2.0 grant lifecycle as pure state transitions.
 *
 * Theory of operation: a shell keeps one `GrantState` per grant and feeds it events: commands ("somebody wants
 * a token") and facts ("the store answered"). `transition` returns the next state and the effects the shell
 * shall carry out: read, write, request, wake, reply, report. The core itself has no clock, no randomness and
 * no I/O; time and chance arrive on every event, so that the same events always give the same effects.
 *
 * @packageDocumentation
 */
export { fromBase64Url, toBase64Url } from './digest/base64url.ts'
export { fingerprintOf, toHex } from './digest/fingerprint.ts'
export { sha256 } from './digest/sha256.ts'
export { utf8Bytes } from './digest/utf8.ts'
export type { CallEvent, CallListener } from './events/call-event.ts'
export type { EvergrantEvent, EvergrantEventType } from './events/evergrant-event.ts'
export type { GuardEvent, GuardListener, LimiterEvent } from './events/guard-event.ts'
export type { EventOrigin, RuntimeReport, TokenEvent, TokenListener } from './events/token-event.ts'
export { EvergrantError } from './failure/evergrant-error.ts'
export { type FailureDetails, fail } from './failure/fail.ts'
export { type Advice, type Failure, isTerminal } from './failure/failure.ts'
export { FAILURE_CODES, type FailureCode } from './failure/failure-codes.ts'
export type { FailureKind } from './failure/failure-kind.ts'
export {
  causeCode,
  isUnconnected,
  isUntrusted,
  networkFailure,
  requestTimedOut,
} from './failure/network-failure.ts'
export { TransportError } from './failure/transport-error.ts'
export { describe, inWords } from './grant/describe.ts'
export { type Decision, type Explanation, explain } from './grant/explain.ts'
export type { GrantEffect, GrantReport, Outcome, RenewalReason, Served } from './grant/grant-effect.ts'
export type {
  EventOf,
  GrantCommand,
  GrantEvent,
  GrantEventType,
  GrantFact,
  Moment,
} from './grant/grant-event.ts'
export { type GrantState, INITIAL_STATE } from './grant/grant-state.ts'
export { PHASES, type Phase } from './grant/phase.ts'
export { quietUntil } from './grant/quiet.ts'
export type { Stamp } from './grant/stamp.ts'
export { type Transition, transition } from './grant/transition.ts'
export { TRANSITION_TABLE } from './grant/transition-table.ts'
export type { ReadContext } from './message/error-response.ts'
export { encodeForm, encodeFormText } from './message/form.ts'
export { type Members, parseJsonObject } from './message/json-object.ts'
export type { Lifetime, LifetimeRules } from './message/lifetime.ts'
export {
  type ErrorView,
  keepingRefreshTokens,
  type MessageProfile,
  strictProfile,
  tolerantProfile,
} from './message/message-profile.ts'
export { isScopeToken } from './message/scope.ts'
export { refusesExchange, tokenTypeIdentifier } from './message/token-exchange.ts'
export { tokenRequest } from './message/token-request.ts'
export {
  isTokenText,
  LIFETIME_UNKNOWN_MS,
  readTokenResponse,
  type TokenResponseResult,
} from './message/token-response.ts'
export { type ExtraValue, NO_EXTRA, type TokenSet, type TokenType } from './message/token-set.ts'
export {
  type GrantPolicy,
  type GrantPolicyInput,
  grantPolicy,
  IDEMPOTENT_DEFAULTS,
  type PolicyNumbers,
  SINGLE_USE_DEFAULTS,
} from './policy/grant-policy.ts'
export type { Abort } from './ports/abort.ts'
export type { ClientAuthentication, TokenRequest } from './ports/client-authentication.ts'
export type { Clock } from './ports/clock.ts'
export type { DataKey, KeyContext, KeyService } from './ports/key-service.ts'
export { onAbort } from './ports/on-abort.ts'
export type { ProofOfPossession, ProvableRequest } from './ports/proof-of-possession.ts'
export type {
  ClientSecretMethod,
  DeviceDialect,
  Provider,
  RevocationDialect,
  TokenDialect,
} from './ports/provider.ts'
export type { Secret } from './ports/secret.ts'
export { maySendCredentials } from './ports/secure-endpoint.ts'
export type { Change, Entry, Store, StoreTime, StoreTraits, Version, WriteResult } from './ports/store.ts'
export type { SuppliedToken, TokenSupply } from './ports/token-supply.ts'
export {
  type Delivery,
  type HeaderList,
  type HttpRequest,
  type HttpResponse,
  headerOf,
  type SendLimits,
  type Transport,
} from './ports/transport.ts'
export { emptyRecord, type GrantRecord, type Lease, type Trouble } from './record/grant-record.ts'
export {
  canonicalText,
  type GrantIdentity,
  type GrantIdentityInput,
  type GrantType,
  grantIdentity,
  identityFingerprint,
  recordKey,
  tokenTypeOf,
} from './record/identity.ts'
export { MembersReader } from './record/members-reader.ts'
export {
  type Decoded,
  decodeRecord,
  encodeRecord,
  RECORD_FORMAT,
  type RecordClock,
} from './record/record-codec.ts'
export { LateSecret } from './redaction/late-secret.ts'
export { REDACTED, redact, redactBody, toBase64, untrustedText } from './redaction/redact.ts'
export { redactError } from './redaction/redact-error.ts'
