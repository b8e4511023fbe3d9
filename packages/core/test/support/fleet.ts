import fc from 'fast-check'
import { decodeRecord, type GrantPolicyInput } from '../../src/index.ts'
import { json, refusal } from './fake-server.ts'
import { FLUSHED } from './fake-store.ts'
import { Session, type World } from './session.ts'

export type Action =
  | { do: 'ask'; who: number; minValidForMs: number; timeoutMs: number }
  | { do: 'answer'; who: number }
  | { do: 'failStore'; who: number; applied: boolean }
  | { do: 'failTransport'; who: number; how: 'not_sent' | 'lost' | 'unreached' }
  | { do: 'refuse'; who: number; how: 'busy' | 'client' | 'html' | 'gateway' | 'empty' }
  | { do: 'reject' | 'hint' | 'crash' | 'answerLate' | 'abandon' | 'signIn' | 'drop'; who: number }
  | { do: 'flush' }
  | { do: 'jump'; who: number; ms: number }
  | { do: 'pass'; ms: number }

const who = fc.nat(2)
const span = fc.oneof(
  fc.integer({ min: 1, max: 500 }),
  fc.integer({ min: 500, max: 30_000 }),
  fc.integer({ min: 30_000, max: 3_000_000 }),
)

type AddressedAction = Exclude<Action, { do: 'pass' | 'flush' }>

export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      who,
      minValidForMs: fc.constantFrom(0, 0, 0, 1_000, 3_000_000, 4_000_000),
      timeoutMs: fc.constantFrom(100, 30_000),
    }),
  },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('answer' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('failStore' as const), who, applied: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('failTransport' as const),
      who,
      how: fc.constantFrom('not_sent' as const, 'lost' as const, 'unreached' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      who,
      how: fc.constantFrom(
        'busy' as const,
        'client' as const,
        'html' as const,
        'gateway' as const,
        'empty' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'reject' as const,
        'hint' as const,
        'crash' as const,
        'answerLate' as const,
        'abandon' as const,
      ),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), who, ms: fc.nat(300_000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: span }) },
)

/** How often each kind of action met each kind of operation: what a run has really exercised. */
export const hits: Map<string, number> = new Map()

/** How far from the true time any clock may be: what `clockSkewMs` allows for. */
const SKEW_MAX_MS = 300_000

/** Asked after every step, millions of times: an assertion library would take longer than what it watches. */
function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

/** Three processes around one store and one server; every step is checked. */
export class Fleet {
  readonly world: World
  readonly sessions: Session[]
  readonly #everyone: Session[] = []
  readonly #policy: Partial<GrantPolicyInput>
  readonly #lastGeneration = new Map<Session, number>()
  readonly #checkedReplies = new Map<Session, number>()
  readonly #checkedReports = new Map<Session, number>()

  constructor(policy: Partial<GrantPolicyInput>, subject: World) {
    this.#policy = policy
    this.world = subject
    this.sessions = [0, 1, 2].map(() => this.#start())
  }

  #start(): Session {
    const session = new Session(this.world, this.#policy)
    session.skewMs = ((this.#everyone.length % 3) - 1) * SKEW_MAX_MS
    session.roll = (this.#everyone.length * 0.37) % 1
    this.#everyone.push(session)
    if (this.#policy.keepWarm) session.dispatch({ type: 'timer.fired' })
    return session
  }

  apply(action: Action): void {
    if (action.do === 'pass') this.#pass(action.ms)
    else if (action.do === 'flush') this.world.store.flush()
    else this.#applyTo(this.#addressee(action), action)
    this.check()
  }

  /** Whom an action is about: of the sessions that it can be about, the one its number falls on. */
  #addressee(action: AddressedAction): Session {
    const able = this.sessions.filter(({ operation }) => {
      if (action.do === 'answer') return operation !== undefined
      if (action.do === 'failStore') return operation !== undefined && operation.type !== 'request'
      if (action.do === 'failTransport' || action.do === 'refuse') return operation?.type === 'request'
      return true
    })
    const candidates = able.length > 0 ? able : this.sessions
    return candidates[action.who % candidates.length] as Session
  }

  #applyTo(session: Session, action: AddressedAction): void {
    const kind = session.operation?.type
    if (action.do === 'ask') session.ask(action)
    else if (action.do === 'reject') session.reject()
    else if (action.do === 'hint') session.dispatch({ type: 'record.changed' })
    else if (action.do === 'abandon')
      session.dispatch({ type: 'token.abandoned', waiter: session.replies.size + 1 })
    else if (action.do === 'jump') session.skewMs = Math.min(SKEW_MAX_MS, session.skewMs + action.ms)
    else if (action.do === 'crash') this.#crash(session)
    else if (action.do === 'signIn') session.receive(this.world.server.signIn(session.now, this.world.now))
    else if (action.do === 'drop') session.drop()
    else if (action.do === 'answerLate') this.#answerLate(session)
    else if (action.do === 'answer' && kind !== undefined) session.answer()
    else if (action.do === 'failStore' && kind !== undefined && kind !== 'request')
      session.failStore(action.applied)
    else if (action.do === 'failTransport' && kind === 'request') {
      session.failTransport(action.how === 'not_sent' ? 'not_sent' : 'unknown', action.how === 'lost')
    } else if (action.do === 'refuse' && kind === 'request') {
      session.respond(
        {
          busy: json(503, {}, [['retry-after', '7']]),
          client: refusal('invalid_client', 401),
          html: { status: 200, headers: [], body: '<html>' },
          gateway: { status: 502, headers: [], body: '' },
          empty: json(200, {}),
        }[action.how],
      )
    }
    const count = `${action.do} ${'how' in action ? action.how : ''} ${kind ?? ''}`
    hits.set(count, (hits.get(count) ?? 0) + 1)
  }

  #crash(session: Session): void {
    // What was on its way arrives, or not.
    const { operation } = session
    if (operation?.type === 'write' && this.world.now % 2 === 0)
      this.world.store.write(operation.change, this.world.now)
    if (operation?.type === 'request' && this.world.now % 3 === 0)
      this.world.server.handle(operation.request, this.world.now)
    this.sessions[this.sessions.indexOf(session)] = this.#start()
  }

  #answerLate(session: Session): void {
    const late = session.overtaken.pop()
    if (late === undefined) return
    const before = session.state
    session.dispatch({ type: 'store.failed', op: late.op })
    require(session.state === before, 'a late answer changed something')
  }

  #pass(ms: number): void {
    const { world } = this
    const end = world.now + ms
    for (;;) {
      const due = this.sessions
        .filter(session => session.wakeAt !== undefined && session.wakeAt - session.skewMs <= end)
        .sort((a, b) => (a.wakeAt ?? 0) - a.skewMs - (b.wakeAt ?? 0) + b.skewMs)[0]
      if (due === undefined) break
      world.now = Math.max(world.now, (due.wakeAt ?? 0) - due.skewMs)
      due.wakeAt = undefined
      due.dispatch({ type: 'timer.fired' })
      this.check()
    }
    world.now = end
  }

  check(): void {
    for (const session of this.#everyone) {
      for (const [, outcomes] of [...session.replies].slice(this.#checkedReplies.get(session) ?? 0)) {
        require(outcomes.length === 1, 'a caller was not answered once')
        const [outcome] = outcomes
        if (!outcome?.ok || outcome.served === undefined) continue
        const { generation, tokens } = outcome.served
        require(generation >= (this.#lastGeneration.get(session) ?? 0), 'a generation fell')
        this.#lastGeneration.set(session, generation)
        if (this.world.now >= this.world.server.expiryOf(tokens.accessToken)) {
          throw new Error(
            `stale: skew ${session.skewMs} now ${this.world.now} local ${session.now} exp ${tokens.expiresAt} ${JSON.stringify(session.state.stamp)} ${JSON.stringify([...session.replies])}`,
          )
        }
      }
      this.#checkedReplies.set(session, session.replies.size)
      for (const report of session.reports.slice(this.#checkedReports.get(session) ?? 0)) {
        const text = JSON.stringify(report)
        require(report.type !== 'machine.surprised' && !text.includes('SECRET'), text)
      }
      this.#checkedReports.set(session, session.reports.length)
    }
    if (!this.world.server.graceMs) {
      for (const [token, count] of this.world.server.presentations) {
        if (count > 1) throw new Error(`${token} was presented ${count} times`)
      }
    }
  }

  checkStoreHistory(): void {
    let fence = 0
    let generation = 0
    for (const value of this.world.store.history) {
      if (value === FLUSHED) {
        fence = 0
        generation = 0
        continue
      }
      const decoded = decodeRecord(value, this.sessions[0]?.policy.identity as Session['policy']['identity'])
      if (decoded.kind !== 'record') throw new Error('what was stored does not decode')
      require(decoded.record.fence >= fence, 'a stored fence fell')
      require(decoded.record.generation >= generation, 'a stored generation fell')
      fence = decoded.record.fence
      generation = decoded.record.generation
    }
  }

  #settle(): void {
    for (const session of this.sessions) session.run()
    this.check()
  }

  /** No more faults: everything is answered, time passes; every session must get a token, or say why not. */
  recover(): void {
    for (let round = 0; round < 40; round++) {
      this.#settle()
      this.#pass(10_000)
    }
    for (const session of this.sessions) {
      this.#settle()
      const waiter = session.ask({ timeoutMs: 60_000 })
      this.check()
      for (let round = 0; round < 80 && session.outcome(waiter) === undefined; round++) {
        this.#settle()
        this.#pass(1_000)
      }
      const outcome = session.outcome(waiter)
      if (outcome === undefined) throw new Error('a caller was forgotten')
      const delegated = this.#policy.identity?.grantType === 'refresh_token'
      if (!outcome.ok && !(delegated && outcome.failure.kind === 'reauthorize')) {
        throw new Error(
          `no recovery: ${JSON.stringify(outcome.failure)} ${JSON.stringify(session.state, null, 1)}`,
        )
      }
    }
    this.check()
  }
}

export function play(fleet: Fleet, actions: Action[]): void {
  for (const each of actions) fleet.apply(each)
  fleet.checkStoreHistory()
  fleet.recover()
  fleet.checkStoreHistory()
}
