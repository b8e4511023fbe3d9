import { EvergrantError, type Failure, fail, type ReadContext } from '@evergrant/core'
import {
  type Introspection,
  introspectionRequest,
  readIntrospection,
  readRevocation,
  revocationRequest,
  type TokenKind,
} from '@evergrant/core/flows'
import { pause } from '../call/pause.ts'
import {
  EndpointClient,
  type EndpointOptions,
  READING_BOUNDS,
  type TimedResponse,
} from './endpoint-client.ts'

/** How often a revocation is tried, and the pause before it is tried again where the server names none. */
const ATTEMPTS_MAX = 3
const PAUSE_MS = 1_000
const PAUSE_MS_MAX = 10_000

/**
 * Tells the server that a token is not needed any more (RFC 7009). Revoking a refresh token ends its grant.
 *
 * Tried up to three times while the server is overloaded or cannot be reached; any other refusal is final, and rejects.
 * A token that the server does not know counts as revoked. Rejects with `endpoint_missing` where the provider has no
 * such endpoint, or none for tokens of this kind.
 */
export async function revokeToken(options: EndpointOptions, token: string, kind: TokenKind): Promise<void> {
  const endpoint = options.provider.revocationEndpoint
  const dialect = options.provider.revocationDialect
  if (endpoint === undefined) throw new EvergrantError(fail('endpoint_missing'))
  if (dialect !== undefined && dialect.kind !== kind) {
    const message = `This server ends a grant by its ${dialect.kind.replace('_', ' ')} only; hand it that one.`
    throw new EvergrantError(fail('endpoint_missing', { message }))
  }
  // Whoever has the token may end its grant there; no secret is needed.
  const { id } = options.client
  const client = new EndpointClient(dialect === undefined ? options : { ...options, client: { id } })
  for (let attempt = 1; ; attempt++) {
    const failure = await revokeOnce(client, endpoint, token, kind)
    if (failure === undefined) return
    if (failure.kind !== 'retry' || attempt === ATTEMPTS_MAX) throw new EvergrantError(failure)
    await pause(Math.min(failure.retryAfterMs ?? PAUSE_MS * attempt, PAUSE_MS_MAX), client.clock, undefined)
  }
}

async function revokeOnce(
  client: EndpointClient,
  endpoint: string,
  token: string,
  kind: TokenKind,
): Promise<Failure | undefined> {
  const { revocationDialect } = client.provider
  try {
    const answer = await client.ask(revocationRequest(endpoint, token, kind, revocationDialect))
    return readRevocation(answer.response, contextOf(client, answer, token), revocationDialect)
  } catch (error) {
    if (EvergrantError.is(error)) return error
    throw error
  }
}

/**
 * Asks the server about a token (RFC 7662): whether it is active, and what it is good for. Nothing is remembered; who
 * does so must not believe it beyond `expiresAt`.
 */
export async function introspectToken(
  options: EndpointOptions,
  token: string,
  kind: TokenKind = 'access_token',
): Promise<Introspection> {
  const endpoint = options.provider.introspectionEndpoint
  if (endpoint === undefined) throw new EvergrantError(fail('endpoint_missing'))
  const client = new EndpointClient(options)
  const answer = await client.ask(introspectionRequest(endpoint, token, kind))
  const result = readIntrospection(answer.response, contextOf(client, answer, token))
  if (!result.ok) throw new EvergrantError(result.failure)
  return result.introspection
}

function contextOf(client: EndpointClient, { sentAt }: TimedResponse, token: string): ReadContext {
  return {
    ...READING_BOUNDS,
    profile: client.provider.profile,
    sentAt,
    receivedAt: client.clock.now(),
    scopeRequested: undefined,
    secrets: [token],
  }
}
