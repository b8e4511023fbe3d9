import { createInterface } from 'node:readline'
import { type Clock, EvergrantError, fail, type Store } from '@evergrant/core'
import { type AuthorizationFlow, authorizationFlow, type GrantedTokens } from '@evergrant/runtime/flows'
import open from 'open'
import { type Admitting, toldRefusals } from '../admitting.ts'
import { UsageError } from '../failure-report.ts'
import { painter, readsChinese, type Terminal, writeLine } from '../terminal.ts'
import { loopbackReceiver, type Shown } from './loopback-receiver.ts'
import type { Patience } from './patience.ts'
import { providerOf, type SignIn, serverName } from './sign-in.ts'
import { failurePage, successPage } from './sign-in-page.ts'
import { signInWords } from './sign-in-words.ts'
import { clientOf, signInTransport } from './signed-in-source.ts'

export interface BrowserSignInOptions {
  readonly signIn: SignIn
  readonly name: string
  readonly scopes: readonly string[]
  /** 0 for a free one. */
  readonly port: number
  /** Where the answer is waited for, and from whom. */
  readonly admitting: Admitting
  /** An address that is registered at the server, or `oob`; `undefined` for one on this machine. */
  readonly redirectUri: string | undefined
  /** Whether to open the browser of this machine. */
  readonly opensBrowser: boolean
  readonly timeoutMs: number
  readonly store: Store
  readonly clock: Clock
  readonly terminal: Terminal
  readonly patience: Patience
  /** Keeps what was granted; the person is told that they are signed in when it has resolved. */
  readonly keep: (tokens: GrantedTokens) => Promise<void>
}

/** Signs a person in by the authorization code flow, in a browser on this machine or on another one. */
export async function browserSignIn(options: BrowserSignInOptions): Promise<void> {
  const attempt = new Attempt(options)
  if (options.redirectUri !== undefined) return attempt.follow(options.redirectUri, true)
  const listening = { ...options.admitting, port: options.port, onRefused: toldRefusals(options.terminal) }
  await using receiver = await loopbackReceiver(listening, answer => attempt.answer(answer))
  await attempt.follow(receiver.redirectUri, !options.opensBrowser)
}

/** Answers that belong to no sign-in, or are none: nobody may end one that waits by sending such. */
const STRAY: ReadonlySet<string> = new Set(['flow_unknown', 'callback_malformed'])

class Attempt {
  readonly #options: BrowserSignInOptions
  readonly #ended: Promise<void>
  #end: () => void = () => undefined
  #fail: (error: unknown) => void = () => undefined
  #flow: AuthorizationFlow | undefined
  #state = ''
  #expiresAt = Number.POSITIVE_INFINITY
  /** Answers that were pasted and are not settled yet. */
  #pasted = 0
  #inputHasEnded = false

  constructor(options: BrowserSignInOptions) {
    this.#options = options
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    this.#ended.catch(() => undefined)
  }

  /** Sends the person to the server, and waits for their answer. `pastes`: they may bring it themselves. */
  async follow(redirectUri: string, pastes: boolean): Promise<void> {
    const { signIn, store, clock, terminal, patience, scopes, timeoutMs } = this.#options
    this.#flow = authorizationFlow({
      provider: providerOf(signIn),
      client: clientOf(signIn, terminal),
      transport: signInTransport(),
      store,
      clock,
      redirectUri,
    })
    this.#expiresAt = clock.now() + timeoutMs
    const { url, state } = await this.#flow.begin({
      scopes,
      parameters: parametersFor(scopes),
      lifetimeMs: timeoutMs,
    })
    this.#state = state
    const pasted = pastes ? this.#read(redirectUri) : undefined
    try {
      await this.#show(url, redirectUri)
      await Promise.race([this.#ended, patience.over])
    } finally {
      pasted?.close()
    }
  }

  async #show(url: string, redirectUri: string): Promise<void> {
    const { terminal, opensBrowser, redirectUri: registered, patience } = this.#options
    const { stderr, env } = terminal
    const paint = painter(stderr, env)
    const words = signInWords(env)
    writeLine(stderr, opensBrowser ? words.opensInBrowser : words.openInBrowser)
    writeLine(stderr, `\n  ${paint('cyan', url)}\n`)
    if (redirectUri === 'oob') writeLine(stderr, words.pasteCode)
    else if (registered !== undefined) writeLine(stderr, words.pasteAddress)
    else if (!opensBrowser) writeLine(stderr, words.pasteFromElsewhere)
    if (opensBrowser) await this.#open(url)
    patience.show(words.waitingForBrowser)
  }

  async #open(url: string): Promise<void> {
    const { terminal } = this.#options
    try {
      await (terminal.browse ?? systemBrowser)(url)
    } catch {
      writeLine(terminal.stderr, signInWords(terminal.env).noBrowser)
    }
  }

  /** An answer that a browser has brought. */
  async answer(query: URLSearchParams): Promise<Shown> {
    const { signIn, name, scopes, terminal } = this.#options
    const chinese = readsChinese(terminal.env)
    try {
      const tokens = await this.#redeem(flow => flow.complete(query))
      const granted = { server: serverName(signIn), name, scopes: tokens.scope ?? scopes }
      return { page: successPage(granted, chinese), afterwards: this.#end }
    } catch (caught) {
      const error = this.#isLate(caught) ? new EvergrantError(fail('flow_expired')) : caught
      const { code, message } = EvergrantError.is(error)
        ? error
        : { code: '', message: signInWords(terminal.env).seeTerminal }
      const page = failurePage(code, message, chinese)
      return this.#isStray(error) ? { page } : { page, afterwards: () => this.#fail(error) }
    }
  }

  /** Whether an answer finds nothing because the store does not keep sign-ins that have expired. */
  #isLate(error: unknown): boolean {
    const finds = !EvergrantError.is(error) || error.code !== 'flow_unknown'
    return !finds && this.#options.clock.now() >= this.#expiresAt
  }

  async #redeem(by: (flow: AuthorizationFlow) => Promise<GrantedTokens>): Promise<GrantedTokens> {
    if (this.#flow === undefined) throw new Error('an answer came before the question')
    const tokens = await by(this.#flow)
    await this.#options.keep(tokens)
    return tokens
  }

  /** Notes an answer that must not end the sign-in that waits. */
  #isStray(error: unknown): boolean {
    if (!EvergrantError.is(error) || !STRAY.has(error.code)) return false
    const { stderr, env } = this.#options.terminal
    writeLine(stderr, signInWords(env).stray)
    return true
  }

  /** Takes what the person pastes, line by line. */
  #read(redirectUri: string): { close(): void } {
    const lines = createInterface({ input: this.#options.terminal.stdin })
    lines.on('line', line => {
      const text = line.trim()
      if (text !== '') this.#paste(text, redirectUri)
    })
    lines.once('close', () => {
      this.#inputHasEnded = true
      this.#failWithoutInput()
    })
    return lines
  }

  /** Ends where an answer can only be pasted, and nobody can do that any more: an input like /dev/null. */
  #failWithoutInput(): void {
    const { redirectUri, terminal } = this.#options
    if (redirectUri === undefined || !this.#inputHasEnded || this.#pasted > 0) return
    const { nobodyPastesCode, nobodyPastesAddress } = signInWords(terminal.env)
    this.#fail(new UsageError(redirectUri === 'oob' ? nobodyPastesCode : nobodyPastesAddress))
  }

  #paste(text: string, redirectUri: string): void {
    if (redirectUri !== 'oob' && !URL.canParse(text)) {
      const { stderr, env } = this.#options.terminal
      writeLine(stderr, signInWords(env).noAddress)
      return
    }
    this.#pasted += 1
    this.#redeem(flow => (redirectUri === 'oob' ? flow.redeem(this.#state, text) : flow.complete(text))).then(
      this.#end,
      (error: unknown) => {
        this.#pasted -= 1
        if (!this.#isStray(error)) this.#fail(error)
        this.#failWithoutInput()
      },
    )
  }
}

/** A server ignores the scope `offline_access` unless it asks for consent (OpenID Connect Core §11). */
function parametersFor(scopes: readonly string[]): Readonly<Record<string, string>> {
  return scopes.includes('offline_access') ? { prompt: 'consent' } : {}
}

async function systemBrowser(url: string): Promise<void> {
  const opened = await open(url)
  opened.on('error', () => undefined)
}
