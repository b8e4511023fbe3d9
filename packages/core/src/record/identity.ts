import { fingerprintOf, toHex } from '../digest/fingerprint.ts'
import { sha256 } from '../digest/sha256.ts'
import { utf8Bytes } from '../digest/utf8.ts'
import { canonicalScopes } from '../message/scope.ts'

/** How a grant was obtained, which decides how it can be renewed. */
export type GrantType = 'client_credentials' | 'refresh_token'

/**
 * Everything that makes two grants different. Two configurations that differ in any of these never share a
 * record; two that do not, share one token between them.
 */
export interface GrantIdentity {
  /** The provider's name, e.g. `baidu`. */
  readonly provider: string
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly grantType: GrantType
  /** On whose behalf: a user, an account, a tenant. Absent for the client itself. */
  readonly subject: string | undefined
  /** Scopes requested, in canonical order. */
  readonly scopes: readonly string[]
  readonly audience: string | undefined
  /** Resource indicators (RFC 8707), in canonical order. */
  readonly resources: readonly string[]
}

/** What a caller must and may say about a grant. */
export type GrantIdentityInput = Pick<
  GrantIdentity,
  'provider' | 'tokenEndpoint' | 'clientId' | 'grantType'
> &
  Partial<Pick<GrantIdentity, 'subject' | 'scopes' | 'audience' | 'resources'>>

/** The identity in canonical form: scopes and resources sorted and each once. */
export function grantIdentity(input: GrantIdentityInput): GrantIdentity {
  return {
    provider: input.provider,
    tokenEndpoint: input.tokenEndpoint,
    clientId: input.clientId,
    grantType: input.grantType,
    subject: input.subject,
    scopes: canonicalScopes(input.scopes ?? []),
    audience: input.audience,
    resources: canonicalScopes(input.resources ?? []),
  }
}

const KEY_PREFIX = 'evergrant:1:'

/**
 * The store key of a grant: a hash of its identity, so that no client id stands in a key in clear. Every part
 * is length-prefixed before hashing, so that no two identities can run together.
 */
export function recordKey(identity: GrantIdentity): string {
  return KEY_PREFIX + toHex(sha256(utf8Bytes(canonicalText(identity))))
}

/** A short name of the identity that is safe to print. */
export function identityFingerprint(identity: GrantIdentity): string {
  return fingerprintOf(canonicalText(identity))
}

/** The parts in a fixed order, each as `<length>:<text>`; `-` for an absent part; `<n>[` before a list. */
export function canonicalText(identity: GrantIdentity): string {
  return [
    part(identity.provider),
    part(identity.tokenEndpoint),
    part(identity.clientId),
    part(identity.grantType),
    part(identity.subject),
    list(identity.scopes),
    part(identity.audience),
    list(identity.resources),
  ].join('')
}

function part(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`
}

function list(texts: readonly string[]): string {
  return `${texts.length}[${texts.map(part).join('')}`
}
