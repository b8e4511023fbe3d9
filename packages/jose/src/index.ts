/**
 * What needs signatures: clients that authenticate with assertions (RFC 7523), tokens that are bound to a key (RFC
 * 9449), and JWTs that are verified (RFC 9068). All cryptography is that of `jose` and of the platform.
 *
 * @packageDocumentation
 */
export type { AssertionOptions } from './client-assertion.ts'
export { type ClientSecretJwtOptions, clientSecretJwt } from './client-secret-jwt.ts'
export { type DpopOptions, dpop, type KeyPair } from './dpop.ts'
export { type JwtVerifier, type JwtVerifierOptions, jwtVerifier, type VerifiedJwt } from './jwt-verifier.ts'
export type { PrivateKey } from './private-key.ts'
export { type PrivateKeyJwtOptions, privateKeyJwt } from './private-key-jwt.ts'
