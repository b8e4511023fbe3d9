import { EvergrantError, fail, type Store } from '@evergrant/core'
import {
  type AuthorizationInput,
  beginAuthorization,
  decodePending,
  encodePending,
  type PendingAuthorization,
  pendingKey,
  readCallback,
} from '@evergrant/core/flows'
import { newSecretText } from '../chance.ts'
import type { Client } from '../client-gate.ts'
import { localStore } from '../local-store.ts'
import { readSecret } from '../secret.ts'
import { EndpointClient, type EndpointOptions } from './endpoint-client.ts'
import { type GrantedTokens, grantedTokens } from './granted-tokens.ts'

export interface AuthorizationFlowOptions extends EndpointOptions {
  /**
   * Where sign-ins wait for their answers: the fleet's store, where the answer may come to another process. The
   * memory of this process by default.
   */
  readonly store?: Store
  /** Absolute, and exactly as registered at the server; or `oob` for servers that show the code to the person. */
  readonly redirectUri: string
}

/** What one sign-in asks for. */
export type SignInOptions = Pick<
  AuthorizationInput,
  'scopes' | 'resources' | 'audience' | 'subject' | 'parameters' | 'lifetimeMs'
>

/** Signs people in by the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636). */
export interface AuthorizationFlow {
  /**
   * Where to send the person, and the state that their answer will carry: tie it to their browser session where
   * there is one. Stored before this resolves, so that the answer cannot come too early.
   */
  begin(options?: SignInOptions): Promise<{ readonly url: string; readonly state: string }>

  /**
   * Redeems the answer: the URL that the person was redirected to, or its query. Each answer once: a second time,
   * and for an answer that belongs to no pending sign-in, it rejects with `flow_unknown`.
   *
   * Other rejections: `access_denied` (kind `declined`), `flow_expired`, `issuer_mismatch`, `callback_malformed`,
   * and what the token endpoint answers.
   */
  complete(callback: string | URL | URLSearchParams): Promise<GrantedTokens>

  /** The same for a code that the person has copied (`oob`), with the state that `begin` returned. */
  redeem(state: string, code: string): Promise<GrantedTokens>
}

export function authorizationFlow(options: AuthorizationFlowOptions): AuthorizationFlow {
  return new CodeFlow(options)
}

class CodeFlow implements AuthorizationFlow {
  readonly #options: AuthorizationFlowOptions
  readonly #endpoint: EndpointClient
  readonly #store: Store

  constructor(options: AuthorizationFlowOptions) {
    this.#options = options
    this.#endpoint = new EndpointClient(options)
    this.#store = options.store ?? localStore({ clock: this.#endpoint.clock })
  }

  async begin(options: SignInOptions = {}): Promise<{ url: string; state: string }> {
    const { provider, client, redirectUri } = this.#options
    const clientId = await readSecret(client.id, 'client id')
    const secrets = { state: newSecretText(), verifier: newSecretText() }
    const parameters = { ...options.parameters, ...(await boundCode(client)) }
    const input: AuthorizationInput = { ...options, parameters, provider, clientId, redirectUri }
    const begun = beginAuthorization(input, secrets, this.#endpoint.clock.now())
    if ('kind' in begun) throw new EvergrantError(begun)
    const { url, pending } = begun
    const written = await this.#store.write(pendingKey(secrets.state), {
      value: encodePending(pending),
      expected: undefined,
      retainUntil: pending.expiresAt,
    })
    if (!written.written) throw new EvergrantError(fail('flow_unknown'))
    return { url, state: secrets.state }
  }

  async complete(callback: string | URL | URLSearchParams): Promise<GrantedTokens> {
    const parameters = parametersOf(callback)
    const pending = await this.#take(parameters.get('state') ?? '')
    const result = readCallback(pending, parameters, this.#endpoint.clock.now())
    if (!result.ok) throw new EvergrantError(result.failure)
    const { scopes, subject } = pending
    const tokens = await this.#endpoint.obtain(result.request, scopes.length > 0 ? scopes : undefined)
    return grantedTokens(tokens, subject)
  }

  redeem(state: string, code: string): Promise<GrantedTokens> {
    return this.complete(new URLSearchParams({ state, code }))
  }

  /** Takes the sign-in that waits for this state. Whoever deletes it has it; everybody else finds nothing. */
  async #take(state: string): Promise<PendingAuthorization> {
    const key = pendingKey(state)
    const entry = await this.#store.read(key)
    const pending = entry && decodePending(entry.value)
    if (entry === undefined || pending === undefined || !this.#isOurs(pending)) {
      throw new EvergrantError(fail('flow_unknown'))
    }
    const taken = await this.#store.write(key, { value: undefined, expected: entry.version })
    if (!taken.written) throw new EvergrantError(fail('flow_unknown'))
    return pending
  }

  /** Two flows may share a store; an answer must not be redeemed at another server than it came from. */
  #isOurs({ provider, tokenEndpoint }: PendingAuthorization): boolean {
    const own = this.#options.provider
    return provider === own.name && tokenEndpoint === own.tokenEndpoint
  }
}

/** Has the code bound to the client's key as well, where there is one (RFC 9449 §10). */
async function boundCode({ proof }: Client): Promise<Record<string, string>> {
  return proof === undefined ? {} : { [CODE_KEY]: await proof.thumbprint() }
}

const CODE_KEY = 'dpop_jkt'

/** The parameters of the answer; one that stands twice is refused (RFC 6749 §3.1). */
function parametersOf(callback: string | URL | URLSearchParams): ReadonlyMap<string, string> {
  const query =
    callback instanceof URLSearchParams ? callback : new URL(callback, 'http://callback').searchParams
  const parameters = new Map<string, string>()
  for (const [name, value] of query) {
    if (parameters.has(name)) throw new EvergrantError(fail('callback_malformed'))
    parameters.set(name, value)
  }
  return parameters
}
