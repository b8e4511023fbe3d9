import { toBase64Url } from '../digest/base64url.ts'
import { sha256 } from '../digest/sha256.ts'
import { utf8Bytes } from '../digest/utf8.ts'
import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { isStandardError } from '../failure/failure-codes.ts'
import { encodeForm } from '../message/form.ts'
import { targetParameters } from '../message/target-parameters.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { Provider } from '../ports/provider.ts'
import { untrustedText } from '../redaction/redact.ts'
import type { PendingAuthorization } from './pending-authorization.ts'

/**
 * The authorization code flow (RFC 6749 §4.1) with PKCE (RFC 7636), as functions between two moments: the one at
 * which a person is sent to the server, and the one at which the answer comes back, perhaps to another process.
 *
 * What protects it: the state is unguessable and taken once (§10.12); the verifier never leaves the client before
 * the token request; the issuer is compared (RFC 9207); the redirect URI is repeated exactly (§4.1.3).
 *
 * @module
 */

/** What a sign-in asks for. */
export interface AuthorizationInput {
  readonly provider: Provider
  readonly clientId: string
  /** Absolute, and exactly as registered at the server; or `oob` for servers that show the code to the person. */
  readonly redirectUri: string
  readonly scopes?: readonly string[]
  /** Resource indicators (RFC 8707). */
  readonly resources?: readonly string[]
  /** For servers that want an `audience` where others have resources. */
  readonly audience?: string
  readonly subject?: string
  /** Further parameters of the authorization request: `prompt`, `login_hint`, `display` and the like. */
  readonly parameters?: Readonly<Record<string, string>>
  /** How long the answer may take, in ms. Ten minutes by default, which is how long codes live. */
  readonly lifetimeMs?: number
}

/** Chance that the shell supplies: two texts that nobody can guess, of 43 to 128 unreserved characters. */
export interface AuthorizationSecrets {
  readonly state: string
  readonly verifier: string
}

export interface AuthorizationBegin {
  /** Where to send the person. Holds nothing secret but the state. */
  readonly url: string
  readonly pending: PendingAuthorization
}

const LIFETIME_MS = 600_000
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/
/** Parameters that the flow itself sets. */
const OWN = new Set([
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
])

/** The authorization request (RFC 6749 §4.1.1), and what to keep until its answer comes. */
export function beginAuthorization(
  input: AuthorizationInput,
  { state, verifier }: AuthorizationSecrets,
  at: number,
): AuthorizationBegin | Failure {
  const {
    provider,
    clientId,
    redirectUri,
    scopes = [],
    resources = [],
    audience,
    lifetimeMs = LIFETIME_MS,
  } = input
  if (provider.authorizationEndpoint === undefined) return fail('endpoint_missing')
  if (!VERIFIER.test(state) || !VERIFIER.test(verifier)) return fail('invalid_option')
  const own = Object.keys(input.parameters ?? {}).find(
    name => OWN.has(name) || (name === 'audience' && audience !== undefined),
  )
  if (own !== undefined)
    return fail('invalid_option', { message: `Invalid option: ${own} is set by the flow itself.` })
  const challenged = provider.codeChallenge !== 'none'
  const query = encodeForm([
    ['response_type', 'code'],
    ['client_id', clientId],
    ['redirect_uri', redirectUri],
    ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
    ['state', state],
    ...(challenged
      ? ([
          ['code_challenge', codeChallenge(verifier)],
          ['code_challenge_method', 'S256'],
        ] as const)
      : []),
    ...targetParameters(resources, audience),
    ...Object.entries(input.parameters ?? {}),
  ])
  const { authorizationEndpoint: endpoint } = provider
  return {
    url: `${endpoint}${endpoint.includes('?') ? '&' : '?'}${query}`,
    pending: {
      provider: provider.name,
      tokenEndpoint: provider.tokenEndpoint,
      clientId,
      redirectUri,
      scopes,
      resources,
      ...(audience !== undefined && { audience }),
      subject: input.subject,
      verifier: challenged ? verifier : undefined,
      issuer: provider.issuer,
      namesIssuer: provider.namesIssuer ?? false,
      expiresAt: at + lifetimeMs,
    },
  }
}

/** The challenge of a verifier: BASE64URL(SHA256(verifier)) (RFC 7636 §4.2). */
export function codeChallenge(verifier: string): string {
  return toBase64Url(sha256(utf8Bytes(verifier)))
}

/** The parameters of the answer (RFC 6749 §4.1.2): those of the redirect's query. */
export type CallbackParameters = ReadonlyMap<string, string>

/** The token request that redeems the code, or why there is none. */
export type CallbackResult =
  | { readonly ok: true; readonly request: TokenRequest }
  | { readonly ok: false; readonly failure: Failure }

/**
 * Reads the answer to a sign-in that was pending and is not any more. The caller has found it by its state and
 * taken it, so that the same answer finds nothing a second time.
 */
export function readCallback(
  pending: PendingAuthorization,
  parameters: CallbackParameters,
  at: number,
): CallbackResult {
  if (at >= pending.expiresAt) return refuse(fail('flow_expired'))
  const issuer = parameters.get('iss')
  if (
    issuer === undefined ? pending.namesIssuer : pending.issuer !== undefined && issuer !== pending.issuer
  ) {
    return refuse(fail('issuer_mismatch'))
  }
  const error = parameters.get('error')
  if (error !== undefined) return refuse(refusalOf(error, parameters.get('error_description')))
  const code = parameters.get('code')
  if (!code) return refuse(fail('callback_malformed'))
  return { ok: true, request: codeRequest(pending, code) }
}

/** The access token request (RFC 6749 §4.1.3). Client authentication is added on the way out. */
function codeRequest(pending: PendingAuthorization, code: string): TokenRequest {
  const { verifier, tokenEndpoint, redirectUri, resources, audience } = pending
  return {
    endpoint: tokenEndpoint,
    parameters: [
      ['grant_type', 'authorization_code'],
      ['code', code],
      ['redirect_uri', redirectUri],
      ...(verifier === undefined ? [] : [['code_verifier', verifier] as const]),
      ...targetParameters(resources, audience),
    ],
    headers: [['accept', 'application/json']],
    secrets: verifier === undefined ? [code] : [code, verifier],
  }
}

function refusalOf(error: string, description: string | undefined): Failure {
  const base = isStandardError(error)
    ? fail(error)
    : DECLINED.has(error)
      ? fail('access_denied')
      : unknown(error)
  return description === undefined ? base : { ...base, description: untrustedText(description) }
}

/** OpenID Connect Core §3.1.2.6: the person would have had to do something, and was not asked or did not. */
const DECLINED = new Set([
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
])

function unknown(error: string): Failure {
  const code = untrustedText(error).slice(0, 64)
  return {
    kind: 'reauthorize',
    code,
    message: `The authorization endpoint answered with the error "${code}"; begin anew.`,
  }
}

function refuse(failure: Failure): CallbackResult {
  return { ok: false, failure }
}
