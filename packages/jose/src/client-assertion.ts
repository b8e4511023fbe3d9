import {
  type ClientAuthentication,
  type Clock,
  EvergrantError,
  encodeForm,
  fail,
  type HttpRequest,
  type Secret,
  type TokenRequest,
} from '@evergrant/core'
import { type CryptoKey, SignJWT } from 'jose'
import { lateText } from './late-text.ts'
import { unusable } from './private-key.ts'

/** What every signed client authentication says (RFC 7523 §3). */
export interface AssertionOptions {
  readonly clientId: string | Secret
  /**
   * Whom the assertion is for. Absent: the issuer where the provider names one, as RFC 7523bis advises; else the URL
   * that the request goes to. Some servers want their token endpoint.
   */
  readonly audience?: string
  /** How long an assertion is good for, in seconds. 1 to 60, 60 by default. */
  readonly lifetimeSeconds?: number
  /** The system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/** What an assertion is signed with, and how. */
export interface AssertionSigner {
  readonly key: CryptoKey | Uint8Array
  readonly alg: string
  readonly kid?: string | undefined
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const LIFETIME_SECONDS_MAX = 60

/** Authenticates a client by an assertion that `signer` signs: another one for every attempt. */
export function clientAssertion(
  options: AssertionOptions,
  signer: () => Promise<AssertionSigner>,
): ClientAuthentication {
  const { lifetimeSeconds = LIFETIME_SECONDS_MAX } = options
  if (
    !(Number.isInteger(lifetimeSeconds) && lifetimeSeconds >= 1 && lifetimeSeconds <= LIFETIME_SECONDS_MAX)
  ) {
    const message = `Invalid option: lifetimeSeconds is ${lifetimeSeconds}, not a whole number of 1 to ${LIFETIME_SECONDS_MAX}.`
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  return {
    async authenticate(request) {
      const clientId = await lateText(options.clientId, 'client id')
      const assertion = await sign(options, lifetimeSeconds, clientId, request, await signer())
      return withAssertion(request, clientId, assertion)
    },
  }
}

async function sign(
  { audience, clock }: AssertionOptions,
  lifetimeSeconds: number,
  clientId: string,
  { issuer, endpoint }: TokenRequest,
  { key, alg, kid }: AssertionSigner,
): Promise<string> {
  const issuedAtSeconds = Math.floor((clock?.now() ?? Date.now()) / 1_000)
  try {
    return await new SignJWT()
      .setProtectedHeader({ alg, typ: 'JWT', ...(kid !== undefined && { kid }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience ?? issuer ?? endpoint)
      .setJti(crypto.randomUUID())
      .setIssuedAt(issuedAtSeconds)
      .setExpirationTime(issuedAtSeconds + lifetimeSeconds)
      .sign(key)
  } catch {
    throw unusable(`does not sign with ${alg}`)
  }
}

function withAssertion(request: TokenRequest, clientId: string, assertion: string): HttpRequest {
  const body = encodeForm([
    ...request.parameters,
    ['client_id', clientId],
    ['client_assertion_type', ASSERTION_TYPE],
    ['client_assertion', assertion],
  ])
  return {
    method: 'POST',
    url: request.endpoint,
    headers: [...request.headers, ['content-type', 'application/x-www-form-urlencoded']],
    body,
    secrets: [...request.secrets, assertion],
  }
}
