import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Gate, GivenToken, Question, WorkerOptions } from './worker-message.ts'

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** So many processes of the same program compile it once. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../dist/compile-cache', import.meta.url))

/** What came of asking for tokens. */
export interface Given {
  readonly tokens: readonly GivenToken[]
  readonly failures: readonly string[]
}

/** A process of a fleet. */
export interface Worker {
  readonly pid: number
  /** Asks for a token, by as many callers at once. Rejects when the process ends before it answers. */
  ask(callers?: number, timeoutMs?: number): Promise<Given>
  /** Has it say that its last token was not accepted. */
  reject(): Promise<void>
  explain(): Promise<unknown>
  /** Has it close its source and open one with another refresh token. */
  begin(refreshToken: string): Promise<void>
  /** Resolves when the process stands before a gate. */
  held(gate: Gate): Promise<void>
  /** Lets it pass a gate. */
  open(gate: Gate): void
  /** Stops it in its tracks (SIGSTOP), and lets it go on (SIGCONT). */
  pause(): void
  resume(): void
  /** Ends it at once (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>
  /** Lets it close its source and end; resolves when it is gone. */
  close(): Promise<void>
}

/** Starts a worker; resolves when it is ready. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    // The packages as they were built: reading their sources takes a process longer than all that it does here.
    execArgv: ['--unhandled-rejections=strict'],
    env: { ...process.env, NODE_COMPILE_CACHE },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const worker = new WorkerProcess(child)
  await worker.ready
  return worker
}

/** Something that happens once, or fails to. */
class Signal {
  readonly given: Promise<void>
  give!: () => void
  fail!: (reason: Error) => void

  constructor() {
    this.given = new Promise((resolve, reject) => {
      this.give = resolve
      this.fail = reject
    })
  }
}

class WorkerProcess implements Worker {
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  readonly #answers = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>()
  readonly #held = new Map<Gate, Signal>()
  #questions = 0

  constructor(child: ChildProcess) {
    this.#child = child
    const ready = new Signal()
    this.ready = ready.given
    this.#gone = new Promise(resolve => {
      child.once('exit', () => {
        for (const { reject } of this.#answers.values()) reject(new Error('the worker is gone'))
        ready.fail(new Error('the worker did not start'))
        resolve()
      })
    })
    child.on('message', (answer: Answer) => {
      if (answer.type === 'ready') ready.give()
      else if (answer.type === 'held') this.#gate(answer.gate).give()
      else this.#settle(answer)
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async ask(callers = 1, timeoutMs = 60_000): Promise<Given> {
    const answer = await this.#question({ type: 'ask', id: ++this.#questions, callers, timeoutMs })
    if (answer.type !== 'given') throw new Error('an answer to another question')
    return answer
  }

  async reject(): Promise<void> {
    await this.#question({ type: 'reject', id: ++this.#questions })
  }

  async explain(): Promise<unknown> {
    const answer = await this.#question({ type: 'explain', id: ++this.#questions })
    return answer.type === 'explained' ? answer.explanation : undefined
  }

  async begin(refreshToken: string): Promise<void> {
    await this.#question({ type: 'begin', id: ++this.#questions, refreshToken })
  }

  held(gate: Gate): Promise<void> {
    return this.#gate(gate).given
  }

  open(gate: Gate): void {
    this.#child.send({ type: 'open', gate })
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    return this.#gone
  }

  close(): Promise<void> {
    if (this.#child.connected) this.#child.send({ type: 'close' })
    return this.#gone
  }

  #gate(gate: Gate): Signal {
    const known = this.#held.get(gate) ?? new Signal()
    this.#held.set(gate, known)
    return known
  }

  #question(question: Extract<Question, { id: number }>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answers.set(question.id, { resolve, reject })
      this.#child.send(question, error => {
        if (error !== null) reject(error)
      })
    })
  }

  #settle(answer: Extract<Answer, { id: number }>): void {
    this.#answers.get(answer.id)?.resolve(answer)
    this.#answers.delete(answer.id)
  }
}
