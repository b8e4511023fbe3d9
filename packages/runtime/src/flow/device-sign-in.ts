import { EvergrantError, encodeForm, fail, type HttpRequest, type TokenRequest } from '@evergrant/core'
import {
  beginDeviceFlow,
  type DeviceEffect,
  type DeviceInput,
  type DevicePrompt,
  type DeviceState,
  deviceTransition,
} from '@evergrant/core/flows'
import { abortedError } from '../aborted-error.ts'
import { failureOf } from '../failure-of.ts'
import { readSecret } from '../secret.ts'
import { EndpointClient, type EndpointOptions, READING_BOUNDS } from './endpoint-client.ts'
import { type GrantedTokens, grantedTokens } from './granted-tokens.ts'

export interface DeviceSignInOptions extends EndpointOptions {
  readonly scopes?: readonly string[]
  /** Resource indicators (RFC 8707). */
  readonly resources?: readonly string[]
  /** For servers that want an `audience` where others have resources. */
  readonly audience?: string
  /** Shows the person what to do. Called once. */
  readonly onPrompt: (prompt: DevicePrompt) => void
  readonly signal?: AbortSignal
}

/**
 * Signs a person in by the device flow (RFC 8628): they enter a code elsewhere, while this asks every few seconds.
 *
 * Rejects with `access_denied` (kind `declined`), `flow_expired`, `aborted`, `endpoint_missing`, and what the server
 * answers. A server that cannot be reached is asked again, more and more slowly, until the code expires.
 */
export function deviceSignIn(options: DeviceSignInOptions): Promise<GrantedTokens> {
  return new DeviceFlow(options).run()
}

class DeviceFlow {
  readonly #options: DeviceSignInOptions
  readonly #endpoint: EndpointClient
  readonly #input: DeviceInput
  #state: DeviceState | undefined
  #cancelWake: (() => void) | undefined
  #resolve: (tokens: GrantedTokens) => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  constructor(options: DeviceSignInOptions) {
    const { provider, scopes = [], resources, audience } = options
    this.#options = options
    this.#endpoint = new EndpointClient(options)
    this.#input = {
      provider,
      scopes,
      ...(resources !== undefined && { resources }),
      ...(audience !== undefined && { audience }),
      reading: { ...READING_BOUNDS, tokenType: this.#endpoint.tokenType },
    }
  }

  async run(): Promise<GrantedTokens> {
    const { signal } = this.#options
    const release = this.#endpoint.clock.hold?.()
    const abort = () => this.#reject(abortedError(signal))
    try {
      return await new Promise<GrantedTokens>((resolve, reject) => {
        this.#resolve = resolve
        this.#reject = reject
        if (signal?.aborted) return abort()
        signal?.addEventListener('abort', abort)
        const begun = beginDeviceFlow(this.#input)
        if ('kind' in begun) return reject(new EvergrantError(begun))
        this.#follow(begun)
      })
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#cancelWake?.()
      release?.()
    }
  }

  #follow({
    state,
    effects,
  }: {
    readonly state: DeviceState
    readonly effects: readonly DeviceEffect[]
  }): void {
    const isFirst = this.#state === undefined
    this.#state = state
    for (const effect of effects) this.#carryOut(effect, isFirst)
  }

  #carryOut(effect: DeviceEffect, isFirst: boolean): void {
    switch (effect.type) {
      case 'request':
        this.#ask(effect.request, isFirst).catch((error: unknown) => this.#reject(error as Error))
        return
      case 'wake':
        this.#cancelWake = this.#endpoint.clock.wake(effect.at, () => this.#feed({ type: 'timer.fired' }))
        return
      case 'show':
        this.#options.onPrompt(effect.prompt)
        return
      case 'end':
        if (effect.outcome.ok) this.#resolve(grantedTokens(effect.outcome.tokens))
        else this.#reject(new EvergrantError(effect.outcome.failure))
    }
  }

  #feed(event: Unstamped<Parameters<typeof deviceTransition>[1]>): void {
    if (this.#state === undefined) return
    const at = this.#endpoint.clock.now()
    this.#follow(deviceTransition(this.#state, { ...event, at }, this.#input))
  }

  async #ask(request: TokenRequest, isFirst: boolean): Promise<void> {
    try {
      const asksByQuery = isFirst && this.#options.provider.deviceDialect?.asksByQuery === true
      const { response, sentAt } = asksByQuery
        ? await this.#endpoint.send(await this.#identified(request))
        : await this.#endpoint.ask(request)
      this.#feed({ type: 'response.received', response, sentAt })
    } catch (error) {
      const failure = EvergrantError.is(error) ? failureOf(error) : fail('transport_failed')
      // A secret that cannot be read will not be readable in five seconds either.
      if (failure.kind === 'configure') throw new EvergrantError(failure)
      this.#feed({ type: 'transport.failed', failure })
    }
  }

  /** The request of an older server, which is told the client id in a query and no secret. */
  async #identified({ endpoint, parameters, headers }: TokenRequest): Promise<HttpRequest> {
    const id = await readSecret(this.#options.client.id, 'client id')
    const query = encodeForm([['client_id', id], ...parameters])
    return { method: 'GET', url: `${endpoint}?${query}`, headers, body: undefined, secrets: [] }
  }
}

type Unstamped<Event> = Event extends unknown ? Omit<Event, 'at'> : never
