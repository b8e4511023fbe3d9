import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { type Members, parseJsonObject } from '../message/json-object.ts'
import { strictProfile, tolerantProfile } from '../message/message-profile.ts'
import type { ClientSecretMethod, Provider } from '../ports/provider.ts'
import type { HttpResponse } from '../ports/transport.ts'
import { untrustedText } from '../redaction/redact.ts'

/**
 * Authorization server metadata (RFC 8414, and OpenID Connect Discovery 1.0): a provider from its issuer URL.
 *
 * @module
 */

/** The parts of a URL, as a URL parser gives them; the core has none of its own. */
export interface UrlParts {
  /** `https://as.example:8443` */
  readonly origin: string
  /** `https:` */
  readonly protocol: string
  readonly hostname: string
  /** Begins with a slash. */
  readonly pathname: string
}

/**
 * Where the metadata of an issuer may lie, best first: RFC 8414 §3 puts the well-known part before the issuer's path,
 * OpenID Connect behind it.
 */
export function metadataUrls({ origin, pathname }: UrlParts): readonly string[] {
  const path = pathname.replace(/\/+$/, '')
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
}

export interface MetadataRules {
  readonly issuer: string
  /** Hosts that endpoints may stand on, besides the issuer's own and those below it. */
  readonly endpointHosts: readonly string[]
  readonly strict: boolean
  /** Whether the client has a certificate: endpoints for such clients go before the others (RFC 8705 §5). */
  readonly mutualTls?: boolean
  readonly parseUrl: (text: string) => UrlParts | undefined
}

export type MetadataResult =
  | { readonly ok: true; readonly provider: Provider }
  | { readonly ok: false; readonly failure: Failure }

/**
 * Reads metadata into a provider. Its issuer must be the very one that was asked for (RFC 8414 §3.3), and its
 * endpoints must not lead elsewhere: whoever can forge metadata could else collect client secrets.
 */
export function readMetadata(response: HttpResponse, rules: MetadataRules): MetadataResult {
  if (response.status !== 200) return refuse(fail('response_status', { status: response.status }))
  const body = parseJsonObject(response.body)
  if (!body.ok) return refuse(body.failure)
  const { members } = body
  const named = members.get('issuer')
  if (named !== rules.issuer) return refuse(anotherIssuer(named, rules))
  const endpoints: Partial<Record<Endpoint, string>> = {}
  const aliases = rules.mutualTls ? aliasesOf(members) : undefined
  for (const [name, member] of ENDPOINTS) {
    const url = aliases?.get(member) ?? members.get(member)
    if (url === undefined || url === null) continue
    const failure = typeof url === 'string' ? whyElsewhere(member, url, rules) : wrongType(member)
    if (failure !== undefined) return refuse(failure)
    endpoints[name] = url as string
  }
  const { tokenEndpoint, ...others } = endpoints
  if (tokenEndpoint === undefined) return refuse(wrongType('token_endpoint'))
  const issuer = rules.parseUrl(rules.issuer)
  return {
    ok: true,
    provider: {
      name:
        (issuer?.origin ?? rules.issuer).replace(/^https?:\/\//, '') +
        (issuer?.pathname ?? '').replace(/\/+$/, ''),
      issuer: rules.issuer,
      namesIssuer: members.get('authorization_response_iss_parameter_supported') === true,
      tokenEndpoint,
      ...others,
      clientSecretMethod: secretMethod(members),
      ...(refusesChallenges(members) && { codeChallenge: 'none' as const }),
      profile: rules.strict ? strictProfile : tolerantProfile,
      policy: {},
    },
  }
}

type Endpoint =
  | 'tokenEndpoint'
  | 'authorizationEndpoint'
  | 'deviceAuthorizationEndpoint'
  | 'revocationEndpoint'
  | 'introspectionEndpoint'
  | 'jwksUri'

const ENDPOINTS: readonly (readonly [Endpoint, string])[] = [
  ['tokenEndpoint', 'token_endpoint'],
  ['authorizationEndpoint', 'authorization_endpoint'],
  ['deviceAuthorizationEndpoint', 'device_authorization_endpoint'],
  ['revocationEndpoint', 'revocation_endpoint'],
  ['introspectionEndpoint', 'introspection_endpoint'],
  ['jwksUri', 'jwks_uri'],
]

/** The endpoints for clients with a certificate, under the names of those that they stand in for. */
function aliasesOf(members: Members): Members | undefined {
  const aliases = members.get('mtls_endpoint_aliases')
  return typeof aliases === 'object' && aliases !== null ? new Map(Object.entries(aliases)) : undefined
}

/** What may be quoted of an issuer: a plain URL, without a user, a query or odd characters (RFC 8414 §2). */
const PLAIN_URL = /^https?:\/\/[\w.:/~%[\]-]{1,200}$/i

/** Most often a slash too many at the end of the issuer, or an answer of another kind: the message shows which. */
function anotherIssuer(named: unknown, { issuer }: MetadataRules): Failure {
  const isUrl = typeof named === 'string' && PLAIN_URL.test(named)
  return fail('issuer_mismatch', {
    message: isUrl
      ? `The metadata of ${issuer} names the issuer ${named}; write the issuer so if that one is meant.`
      : `The answer of ${issuer} names no issuer, and is no metadata; check the URL.`,
  })
}

function whyElsewhere(member: string, text: string, rules: MetadataRules): Failure | undefined {
  const url = rules.parseUrl(text)
  const issuer = rules.parseUrl(rules.issuer)
  if (url === undefined || issuer === undefined) return wrongType(member)
  if (url.protocol !== issuer.protocol) return fail('insecure_endpoint')
  const { hostname } = url
  const own = hostname === issuer.hostname || hostname.endsWith(`.${issuer.hostname}`)
  if (own || rules.endpointHosts.includes(hostname)) return undefined
  const host = untrustedText(hostname)
  return fail('issuer_mismatch', {
    message: `The metadata of ${rules.issuer} moves ${member} to ${host}; add that host to endpointHosts if it is meant.`,
  })
}

/** Of the ways to send a secret that the server takes; RFC 8414 §2 says which one is meant when it names none. */
function secretMethod(members: Members): ClientSecretMethod {
  const methods = members.get('token_endpoint_auth_methods_supported')
  if (!Array.isArray(methods) || methods.includes('client_secret_basic')) return 'client_secret_basic'
  return methods.includes('client_secret_post') ? 'client_secret_post' : 'client_secret_basic'
}

/** A server that lists methods and not S256. One that lists none may still check, and ignores it at worst. */
function refusesChallenges(members: Members): boolean {
  const methods = members.get('code_challenge_methods_supported')
  return Array.isArray(methods) && !methods.includes('S256')
}

function wrongType(member: string): Failure {
  const failure = fail('response_wrong_type')
  return { ...failure, message: `${failure.message} The member is ${member}.` }
}

function refuse(failure: Failure): MetadataResult {
  return { ok: false, failure }
}
