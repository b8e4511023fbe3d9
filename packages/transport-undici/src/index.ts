/**
 * Token requests over undici, and an interceptor that authorizes calls.
 *
 * @packageDocumentation
 */

export {
  type AuthorizedDispatcherOptions,
  type AuthorizeOptions,
  authorize,
  authorizedDispatcher,
} from './authorized-dispatch.ts'
export type { CallAuthorization } from './call-authorization.ts'
export type { PublicKeyPins } from './public-key-pins.ts'
export { type UndiciTransportOptions, undiciTransport } from './undici-transport.ts'
