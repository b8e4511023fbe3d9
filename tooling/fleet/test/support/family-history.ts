import type { SandboxRequest } from '@evergrant/testkit'
import type { Given } from '../../src/index.ts'

/** What is to blame for the loss of a grant. */
export type Blame =
  /** The server had answered, and the process that had asked was killed. */
  | 'answer'
  /** The server had answered, and nobody was killed: the answer came when the process had given up waiting. */
  | 'lateness'
  /** A process was killed between writing down that it would ask and being heard. */
  | 'question'
  /** Nothing: a loss that should not have been. */
  | 'nothing'

/** The course of a grant, from what its server was asked and what its callers were given. */
export class FamilyHistory {
  readonly requests: SandboxRequest[] = []
  readonly answers: Given[] = []
  readonly losses: Blame[] = []
  kills = 0
  readonly #known = new Set<string>()
  #atNextToken: (() => unknown) | undefined
  #issuedUnseen = 0
  #killsUnseen = 0

  /** For the sandbox: called with every request. */
  readonly onRequest = (request: SandboxRequest): void => {
    this.requests.push(request)
    if (!request.outcome.startsWith('token')) return
    this.#issuedUnseen += 1
    this.#atNextToken?.()
    this.#atNextToken = undefined
  }

  /** Has something done when the server has issued the next token and has not told it yet; `undefined`: nothing. */
  atNextToken(act: (() => unknown) | undefined): void {
    this.#atNextToken = act
  }

  killed(processes: number): void {
    this.kills += processes
    this.#killsUnseen += processes
  }

  /** Takes in what the callers of one round were given. Returns whether the grant is lost. */
  add(answers: readonly Given[]): boolean {
    this.answers.push(...answers)
    const before = this.#known.size
    for (const { tokens } of answers) for (const { fingerprint } of tokens) this.#known.add(fingerprint)
    const isLost = answers.some(({ failures }) => failures.includes('response_lost'))
    if (isLost) this.losses.push(this.#blame())
    if (isLost || this.#known.size > before) {
      this.#issuedUnseen = 0
      this.#killsUnseen = 0
    }
    return isLost
  }

  #blame(): Blame {
    if (this.#issuedUnseen > 0) return this.#killsUnseen > 0 ? 'answer' : 'lateness'
    return this.#killsUnseen > 0 ? 'question' : 'nothing'
  }

  /** How many tokens the callers were given. */
  get generations(): number {
    return this.#known.size
  }

  /** How many requests came to this. */
  count(outcome: string): number {
    return this.requests.filter(each => each.outcome === outcome).length
  }

  lostTo(blame: Blame): number {
    return this.losses.filter(each => each === blame).length
  }

  get summary(): string {
    const { generations, kills } = this
    const lost = `${this.lostTo('answer')} grants lost with an answer, ${this.lostTo('question')} with a question, ${this.lostTo('lateness')} by lateness`
    return `${generations} tokens, ${kills} processes killed, ${lost}, ${this.count('token_again')} successors told again`
  }
}
