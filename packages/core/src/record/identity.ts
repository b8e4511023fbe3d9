import { fingerprintOf, toHex } from '../digest/fingerprint.ts'
import { sha256 } from '../digest/sha256.ts'
import { utf8Bytes } from '../digest/utf8.ts'
import { canonicalScopes } from '../message/scope.ts'
import type { TokenType } from '../message/token-set.ts'

/** How a grant was obtained, which decides how it can be renewed. */
export type GrantType = 'client_credentials' | 'refresh_token' | 'token_exchange'

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
  /** The key that its tokens are bound to (RFC 9449 §6), by its RFC 7638 thumbprint. Absent: they are bearer tokens. */
  readonly keyThumbprint?: string
  /** Who acts for the subject (RFC 8693 §1.1). Absent: the client itself. */
  readonly actor?: string
  /** Further parameters of every request that obtains it anew, sorted by name. Nothing secret. Absent: none. */
  readonly parameters?: readonly (readonly [name: string, value: string])[]
  /** The scopes that every refresh asks for, fewer than were granted (RFC 6749 §6). Absent: all that were. */
  readonly refreshScopes?: readonly string[]
}

/** What a caller must and may say about a grant. */
export type GrantIdentityInput = Pick<
  GrantIdentity,
  'provider' | 'tokenEndpoint' | 'clientId' | 'grantType'
> &
  Partial<
    Pick<
      GrantIdentity,
      | 'subject'
      | 'scopes'
      | 'audience'
      | 'resources'
      | 'keyThumbprint'
      | 'actor'
      | 'parameters'
      | 'refreshScopes'
    >
  >

/** The identity in canonical form: scopes and resources sorted and each once, parameters sorted by name. */
export function grantIdentity(input: GrantIdentityInput): GrantIdentity {
  const { keyThumbprint, actor, parameters = [], refreshScopes = [] } = input
  return {
    provider: input.provider,
    tokenEndpoint: input.tokenEndpoint,
    clientId: input.clientId,
    grantType: input.grantType,
    subject: input.subject,
    scopes: canonicalScopes(input.scopes ?? []),
    audience: input.audience,
    resources: canonicalScopes(input.resources ?? []),
    ...(keyThumbprint !== undefined && { keyThumbprint }),
    ...(actor !== undefined && { actor }),
    ...(parameters.length > 0 && { parameters: parameters.toSorted(byName) }),
    ...(refreshScopes.length > 0 && { refreshScopes: canonicalScopes(refreshScopes) }),
  }
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** The type that the tokens of a grant must be of. */
export function tokenTypeOf({ keyThumbprint }: GrantIdentity): TokenType {
  return keyThumbprint === undefined ? 'Bearer' : 'DPoP'
}

/** Whether the grant can be asked for again at no cost, rather than only be refreshed. */
export function canAskAgain({ grantType }: GrantIdentity): boolean {
  return grantType !== 'refresh_token'
}

const KEY_PREFIX = 'evergrant:1:'

/**
 * The store key of a grant: a hash of its identity, so that no client id stands in a key in clear. Every part
 * is length-prefixed before hashing, so that no two identities can run together.
 */
export function recordKey(identity: GrantIdentity): string {
  return [KEY_PREFIX, toHex(sha256(utf8Bytes(canonicalText(identity))))].join('')
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
    particulars(identity),
  ].join('')
}

/** What few grants have. Nothing at all for the others: their keys do not depend on it. */
function particulars({ keyThumbprint, actor, parameters, refreshScopes }: GrantIdentity): string {
  if ((keyThumbprint ?? actor ?? parameters ?? refreshScopes) === undefined) return ''
  return [part(keyThumbprint), part(actor), list(parameters?.flat() ?? []), list(refreshScopes ?? [])].join(
    '',
  )
}

function part(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`
}

function list(texts: readonly string[]): string {
  return `${texts.length}[${texts.map(part).join('')}`
}
