/**
 * What people and servers go through to get a grant, check it and end it: authorization code (RFC 6749 §4.1, RFC 7636),
 * device authorization (RFC 8628), metadata (RFC 8414), introspection (RFC 7662), revocation (RFC 7009).
 *
 * @packageDocumentation
 */
export {
  type AuthorizationBegin,
  type AuthorizationInput,
  type AuthorizationSecrets,
  beginAuthorization,
  type CallbackParameters,
  type CallbackResult,
  codeChallenge,
  readCallback,
} from './flow/authorization-code.ts'
export {
  beginDeviceFlow,
  DEVICE_TABLE,
  type DeviceEffect,
  type DeviceEvent,
  type DeviceInput,
  type DeviceOutcome,
  type DevicePhase,
  type DevicePrompt,
  type DeviceState,
  type DeviceTransition,
  deviceTransition,
} from './flow/device-flow.ts'
export {
  type Introspection,
  type IntrospectionResult,
  introspectionRequest,
  readIntrospection,
} from './flow/introspection.ts'
export {
  type MetadataResult,
  type MetadataRules,
  metadataUrls,
  readMetadata,
  type UrlParts,
} from './flow/metadata.ts'
export {
  decodePending,
  encodePending,
  type PendingAuthorization,
  pendingKey,
} from './flow/pending-authorization.ts'
export { readRevocation, revocationRequest, type TokenKind } from './flow/revocation.ts'
