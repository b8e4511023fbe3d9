import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Explanation, TokenEvent } from '@evergrant/runtime'
import type { Counts, Order, Telling, WorkerSetting } from './crew-message.ts'

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url))
const NO_COUNTS: Counts = { calls: 0, failures: 0, repeated: 0, slowestTokenMs: 0 }

/** A process of the crew, as its parent sees it. */
export interface Member {
  /** `1`, `2`, …; one that takes the place of another has a name of its own. */
  readonly name: string
  /** The generation of the token that it holds, 0 before the first. */
  readonly holds: number
  readonly pid: number
  readonly counts: Counts
  readonly explanation: Explanation | undefined
  readonly alive: boolean
  /** Whether it was ended, or has ended itself, before it was told to finish. */
  readonly killed: boolean
}

/** Who hears of what the processes tell. */
export interface CrewListener {
  onEvent(event: TokenEvent, member: Member): void
  onHeld(member: Member): void
}

/** Processes that share one grant and call one API. */
export class Crew {
  readonly #setting: WorkerSetting
  readonly #listener: CrewListener
  readonly #all: CrewProcess[] = []

  constructor(setting: WorkerSetting, listener: CrewListener) {
    this.#setting = setting
    this.#listener = listener
  }

  /** All there ever were, those that are gone included: what they did counts. */
  get members(): readonly Member[] {
    return this.#all
  }

  async hire(): Promise<Member> {
    const name = String(this.#all.length + 1)
    const member = new CrewProcess(name, this.#setting, this.#listener)
    this.#all.push(member)
    await member.ready
    return member
  }

  /** Has everybody make calls at the same moment; resolves when all are done. */
  async burst(calls: number): Promise<void> {
    await Promise.all(this.#alive.map(member => member.burst(calls)))
  }

  run(callsPerSecond: number): void {
    for (const member of this.#alive) member.order({ type: 'run', callsPerSecond })
  }

  /** Sets one to work that has joined later. */
  setToWork(member: Member, callsPerSecond: number): void {
    this.#find(member).order({ type: 'run', callsPerSecond })
  }

  /** Ends a process at once, as a machine that loses its power. */
  async kill(member: Member): Promise<void> {
    const found = this.#find(member)
    found.kill()
    await found.gone
  }

  /** Lets everybody finish and go. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#alive.map(member => member.end()))
  }

  get #alive(): readonly CrewProcess[] {
    return this.#all.filter(({ alive }) => alive)
  }

  #find(member: Member): CrewProcess {
    const found = this.#all.find(each => each === member)
    if (found === undefined) throw new Error('no member of this crew')
    return found
  }
}

class CrewProcess implements Member {
  readonly name: string
  readonly ready: Promise<unknown>
  readonly gone: Promise<unknown>
  counts: Counts = NO_COUNTS
  explanation: Explanation | undefined
  alive = true
  killed = false
  holds = 0
  readonly #child: ChildProcess
  #toldToEnd = false
  #burstDone: () => void = () => undefined

  constructor(name: string, setting: WorkerSetting, listener: CrewListener) {
    this.name = name
    const execArgv = ['--conditions=evergrant-source']
    this.#child = fork(PROGRAM, [JSON.stringify(setting)], { execArgv })
    this.ready = once(this.#child, 'message')
    this.gone = once(this.#child, 'exit').then(() => {
      this.alive = false
      this.killed = !this.#toldToEnd
    })
    this.#child.on('message', (telling: Telling) => this.#hear(telling, listener))
  }

  #hear(telling: Telling, listener: CrewListener): void {
    switch (telling.type) {
      case 'event':
        return listener.onEvent(telling.event, this)
      case 'held':
        this.holds = telling.generation
        return listener.onHeld(this)
      case 'burst done':
        return this.#burstDone()
      case 'status':
        this.counts = telling.counts
        this.explanation = telling.explanation
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  order(order: Order): void {
    // One that is gone, by a Ctrl-C that was meant for all, hears no orders any more.
    this.#child.send(order, () => undefined)
  }

  burst(calls: number): Promise<void> {
    this.order({ type: 'burst', calls })
    return new Promise(resolve => {
      this.#burstDone = resolve
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async end(): Promise<void> {
    this.#toldToEnd = true
    this.order({ type: 'end' })
    await this.gone
  }
}
