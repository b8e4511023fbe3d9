import {
  EvergrantError,
  type GrantIdentity,
  type GrantRecord,
  grantIdentity,
  MembersReader,
  parseJsonObject,
} from '@evergrant/core'
import { damaged, refused } from './bundle-failure.ts'
import { BUNDLE_FORMAT, instantOf } from './bundle-header.ts'
import { type BundledGrant, readGrant, writeGrant } from './bundled-grant.ts'

/** Most grants that one bundle holds. */
export const GRANTS_MAX = 1_000

/** How issuer and purpose are told: 1 to 200 characters, none of which could do anything to a terminal. */
const LABEL = /^\P{C}{1,200}$/u

export function isLabel(text: string): boolean {
  return LABEL.test(text)
}

/** What is signed besides the grants. Instants are epoch ms, whole seconds. */
export interface BundleTerms {
  /** A random name of this bundle. */
  readonly id: string
  /** Whom it was signed for: the name of the recipient, which encrypting it anew does not change. */
  readonly recipient: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** Who made it, in words; `undefined` when that is not told. */
  readonly issuer: string | undefined
  /** What for, in words; `undefined` when that is not told. */
  readonly purpose: string | undefined
}

export interface BundleContent extends BundleTerms {
  readonly grants: readonly BundledGrant[]
}

/** The content as text, under the registered claim names (RFC 7519 §4.1) where there are any. */
export function writeContent(terms: BundleTerms, records: readonly GrantRecord[]): string {
  const { id, recipient, issuedAt, expiresAt, issuer, purpose } = terms
  return JSON.stringify({
    format: BUNDLE_FORMAT,
    jti: id,
    aud: recipient,
    iat: issuedAt / 1_000,
    exp: expiresAt / 1_000,
    iss: issuer,
    purpose,
    grants: records.map(writeGrant),
  })
}

/** Reads what a trusted key has signed. Throws `bundle_damaged` or `bundle_newer`. */
export function readContent(text: string): BundleContent {
  const parsed = parseJsonObject(text)
  if (!parsed.ok) throw damaged('its content cannot be read')
  try {
    const reader = new MembersReader(Object.fromEntries(parsed.members))
    const format = reader.count('format')
    if (format > BUNDLE_FORMAT) throw refused('bundle_newer')
    if (format !== BUNDLE_FORMAT) throw damaged('its content is of no known format')
    return contentOf(reader)
  } catch (error) {
    throw EvergrantError.is(error) ? error : damaged('its content is not what it must be')
  }
}

function contentOf(reader: MembersReader): BundleContent {
  return {
    id: reader.text('jti'),
    recipient: reader.text('aud'),
    issuedAt: instantOf(reader, 'iat'),
    expiresAt: instantOf(reader, 'exp'),
    issuer: labelOf(reader, 'iss'),
    purpose: labelOf(reader, 'purpose'),
    grants: grantsOf(reader.raw('grants')),
  }
}

function labelOf(reader: MembersReader, name: 'iss' | 'purpose'): string | undefined {
  const text = reader.optionalText(name)
  if (text === undefined || isLabel(text)) return text
  throw damaged('its issuer or purpose is not in plain words')
}

function grantsOf(list: unknown): readonly BundledGrant[] {
  if (!Array.isArray(list) || list.length === 0 || list.length > GRANTS_MAX) {
    throw damaged('it holds no grants, or too many')
  }
  return list.map(each => {
    const reader = new MembersReader(each)
    const grant = readGrant(identityOf(new MembersReader(reader.raw('identity'))), reader.text('record'))
    if (grant === 'newer') throw refused('bundle_newer')
    if (grant === undefined) throw damaged('one of its grants is not what it says')
    return grant
  })
}

function identityOf(reader: MembersReader): GrantIdentity {
  const [subject, audience, keyThumbprint, actor] = ['subject', 'audience', 'keyThumbprint', 'actor'].map(
    name => reader.optionalText(name),
  )
  const [scopes, resources, refreshScopes] = ['scopes', 'resources', 'refreshScopes'].map(name =>
    reader.texts(name),
  )
  const parameters = reader.raw('parameters')
  return grantIdentity({
    provider: reader.text('provider'),
    tokenEndpoint: reader.text('tokenEndpoint'),
    clientId: reader.text('clientId'),
    grantType: reader.oneOf('grantType', ['client_credentials', 'refresh_token', 'token_exchange']),
    ...(subject !== undefined && { subject }),
    ...(audience !== undefined && { audience }),
    ...(keyThumbprint !== undefined && { keyThumbprint }),
    ...(actor !== undefined && { actor }),
    ...(scopes !== undefined && { scopes }),
    ...(resources !== undefined && { resources }),
    ...(refreshScopes !== undefined && { refreshScopes }),
    ...(parameters !== undefined && { parameters: pairsOf(parameters) }),
  })
}

function pairsOf(list: unknown): readonly (readonly [string, string])[] {
  const isPair = (each: unknown): each is [string, string] =>
    Array.isArray(each) && each.length === 2 && each.every(text => typeof text === 'string')
  if (Array.isArray(list) && list.every(isPair)) return list
  throw damaged('one of its grants is not what it says')
}
