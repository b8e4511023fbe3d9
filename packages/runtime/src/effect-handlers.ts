import {
  EvergrantError,
  type Failure,
  fail,
  type GrantEffect,
  type GrantFact,
  type HttpRequest,
  TransportError,
} from '@evergrant/core'
import type { Repetition } from './client-gate.ts'
import { DeadlineError, withDeadline } from './deadline.ts'
import type { EffectShell } from './effect-shell.ts'
import { failureOf } from './failure-of.ts'
import { scrubbed } from './scrub-response.ts'

type EffectOf<Type extends GrantEffect['type']> = Extract<GrantEffect, { readonly type: Type }>

/** One handler for every effect: a new effect in the core does not compile until it is handled here. */
const HANDLERS: {
  readonly [Type in GrantEffect['type']]: (session: EffectShell, effect: EffectOf<Type>) => void
} = {
  read: (session, { op }) => {
    subscribe(session)
    const sentAt = session.now
    answer(
      session,
      op,
      store => store.read(session.key),
      // Who keeps records elsewhere may have `null` for none.
      entry => ({ type: 'record.read', op, entry: entry ?? undefined, sentAt }),
    )
  },

  write: (session, { op, change }) => {
    subscribe(session)
    const sentAt = session.now
    answer(
      session,
      op,
      store => store.write(session.key, change),
      result => {
        if (result.written) return { ...result, type: 'record.written', op, sentAt }
        const entry = result.entry ?? undefined
        // Tried again at once it would be refused again, and so on: a store that contradicts itself has failed.
        if (entry?.version === change.expected) throw new Error('refused what was as expected')
        return { type: 'record.conflicted', op, entry, sentAt }
      },
    )
  },

  request: (session, effect) => {
    send(session, effect).then(
      fact => session.dispatch(fact),
      () => session.dispatch(unanswered(effect.op)),
    )
  },

  wake: (session, { at }) => {
    session.cancelWake?.()
    session.cancelWake =
      at === undefined
        ? undefined
        : session.surroundings.clock.wake(at, () => session.dispatch({ type: 'timer.fired' }))
  },

  reply: (session, { waiter, outcome }) => session.reply(waiter, outcome),

  report: (session, effect) => session.emit(effect.report),

  discard: (session, { tokens }) => session.revoker?.discard(session, tokens),
}

export function carryOut(session: EffectShell, effect: GrantEffect): void {
  // The compiler cannot follow that the handler was looked up by the effect's own type.
  const handle = HANDLERS[effect.type] as (session: EffectShell, effect: GrantEffect) => void
  handle(session, effect)
}

/** Asks the store, within the time it has, and tells the machine what came of it. */
function answer<Result>(
  session: EffectShell,
  op: number,
  ask: (store: EffectShell['surroundings']['store']) => Promise<Result>,
  factOf: (result: Result) => GrantFact,
): void {
  const { store, clock } = session.surroundings
  // The call itself may throw, or answer nothing, in a store that is not quite a store.
  const asked = Promise.resolve(store).then(ask).then(factOf)
  withDeadline(asked, session.policy.storeTimeoutMs, clock, session.deadlines).then(
    fact => session.dispatch(fact),
    (error: unknown) => {
      if (EvergrantError.is(error)) session.emit({ type: 'store.refused', failure: failureOf(error) })
      session.dispatch({ type: 'store.failed', op })
    },
  )
}

/**
 * Hears of changes from here on, where the store can tell. Tried again with the next read when it fails; until
 * then the machine polls.
 */
function subscribe(session: EffectShell): void {
  const { store } = session.surroundings
  if (store.subscribe === undefined || session.subscribing) return
  session.subscribing = true
  Promise.resolve(store)
    .then(each =>
      each.subscribe?.(session.key, version =>
        session.dispatch({ type: 'record.changed', ...(version !== undefined && { version }) }),
      ),
    )
    .then(
      async unsubscribe => {
        if (session.closed) await unsubscribe?.()
        else session.unsubscribe = unsubscribe
      },
      () => {
        session.subscribing = false
        session.emit({ type: 'subscription.failed' })
      },
    )
    .catch(() => undefined)
}

/** How often a request is made again with another secret, at most. */
const SECRETS_MAX = 16

/** How much longer than its own limit a transport may take before it is given up, in ms. */
const TRANSPORT_GRACE_MS = 1_000

/**
 * Sends a token request; once more for each reason that an answer gives to make it again, as long as there is time.
 * Such an answer has used nothing up.
 */
async function send(session: EffectShell, effect: EffectOf<'request'>): Promise<GrantFact> {
  const until = session.now + effect.timeoutMs
  const repeated = new Set<Repetition>()
  let secrets = 0
  for (;;) {
    const { fact, repetition } = await attempt(session, effect, until)
    if (repetition === undefined || repeated.has(repetition)) return fact
    // How often there is another secret, the ring knows: each is sent once.
    if (repetition !== 'secret') repeated.add(repetition)
    else if (++secrets > SECRETS_MAX) return fact
  }
}

/** What came of one attempt, and why it is to be made again, if it is. */
interface Attempt {
  readonly fact: GrantFact
  readonly repetition?: Repetition | undefined
}

/**
 * Authenticates and sends a token request. Once sent it is never aborted; a caller who leaves does not matter.
 * A secret may take its time: what it takes is not left for the request.
 */
async function attempt(session: EffectShell, effect: EffectOf<'request'>, until: number): Promise<Attempt> {
  const { op, request, timeoutMs } = effect
  const { clock } = session.surroundings
  let ready: HttpRequest
  try {
    const reading = session.gate.authenticate(request, advice =>
      session.emit({ type: 'client.doubtful', advice }),
    )
    ready = await withDeadline(reading, until - session.now, clock, session.deadlines)
  } catch (error) {
    return unsent(op, whyUnready(error))
  }
  const leftMs = until - session.now
  // A grant that was received meanwhile has taken the place of the refresh token that would be presented.
  const isInTime = leftMs >= timeoutMs / 2 && !session.closed && session.awaits(op)
  if (!isInTime) return unsent(op, fail('request_timed_out'))
  return exchange(session, effect, ready, leftMs)
}

/** Why there is nothing to send. A secret that never comes must not keep the grant from being asked for again. */
function whyUnready(error: unknown): Failure {
  if (EvergrantError.is(error)) return failureOf(error)
  if (!(error instanceof DeadlineError)) return fail('secret_unavailable')
  return fail('secret_unavailable', {
    message: 'The client id or secret could not be read within requestTimeoutMs; check where it comes from.',
  })
}

async function exchange(
  session: EffectShell,
  { op, request, bodyBytesMax }: EffectOf<'request'>,
  ready: HttpRequest,
  timeoutMs: number,
): Promise<Attempt> {
  const { gate } = session
  const { transport, clock } = session.surroundings
  const sentAt = session.now
  try {
    const sending = transport.send(ready, { timeoutMs, bodyBytesMax })
    const response = await withDeadline(sending, timeoutMs + TRANSPORT_GRACE_MS, clock, session.deadlines)
    const repetition = gate.heard(ready, response, told => session.emit(told))
    const known = [...request.secrets, ...(gate.exchange?.returnedBy(response) ?? [])]
    const clean = scrubbed(response, ready.secrets, known)
    return { fact: { type: 'response.received', op, response: clean, sentAt }, repetition }
  } catch (error) {
    const failure = EvergrantError.is(error)
      ? failureOf(error)
      : fail(error instanceof DeadlineError ? 'request_timed_out' : 'transport_failed')
    const delivery = TransportError.is(error) ? error.delivery : 'unknown'
    return { fact: { type: 'transport.failed', op, failure, delivery } }
  }
}

function unanswered(op: number): GrantFact {
  return { type: 'transport.failed', op, failure: fail('transport_failed'), delivery: 'unknown' }
}

function unsent(op: number, failure: Failure): Attempt {
  return { fact: { type: 'transport.failed', op, failure, delivery: 'not_sent' } }
}
