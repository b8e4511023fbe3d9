import { fail } from '../failure/fail.ts'
import { allCommands, emptyRecord, type GrantRecord, withCommand } from '../record/grant-record.ts'
import { decide } from './decide.ts'
import type { EventOf } from './grant-event.ts'
import { retention } from './renewal.ts'
import { seedFingerprint } from './seed.ts'
import { failWaiters } from './trouble.ts'
import type { Turn } from './turn.ts'
import { enqueue, NO_WAITERS } from './waiter-queue.ts'

/** A command: a new grant goes before everything that is held, stored or under way. */
export function onReceived(turn: Turn, event: EventOf<'grant.received'>): void {
  command(turn, 'tokens', event, { tokens: event.tokens }, retention(turn, event.tokens))
  turn.state.trouble = undefined
  decide(turn)
}

/** A command: forget the grant. A tombstone is stored, so that nobody who still holds the token writes it back. */
export function onDropped(turn: Turn, event: EventOf<'grant.dropped'>): void {
  const { state, at, policy } = turn
  const delegated = policy.identity.grantType === 'refresh_token'
  const failure = fail('grant_dropped')
  const trouble = delegated ? { failure, attempts: 1, until: Number.POSITIVE_INFINITY } : undefined
  command(turn, 'drop', event, { trouble }, at + policy.lifetimeMsMax)
  // It may come back through a store that forgets that it was dropped.
  if (state.stamp?.rejected) state.rejectedUnseen = state.stamp.fingerprint
  state.stamp = undefined
  state.asked = false
  state.trouble = trouble
  failWaiters(turn, failure)
  decide(turn)
}

/** Puts a command in the place of whatever was under way; answers to that are stale from here on. */
function command(
  turn: Turn,
  kind: 'tokens' | 'drop',
  event: { readonly waiter: number; readonly until: number; readonly discards?: boolean },
  content: Pick<GrantRecord, 'tokens'> | Pick<GrantRecord, 'trouble'>,
  retainUntil: number | undefined,
): void {
  const { state, at, policy } = turn
  const fence = Math.max(state.fenceSeen, state.stamp?.generation ?? 0) + 1
  const name = `${policy.holder}:${fence}`
  const seen = allCommands(state.stamp?.commands ?? [], state.known?.record?.commands ?? [])
  const earlier = state.pending?.command === undefined ? NO_WAITERS : state.pending.commanders
  state.fenceSeen = fence
  state.busy = false
  state.op += 1
  state.flight = undefined
  state.doubt = undefined
  state.pending = {
    kind,
    record: {
      ...emptyRecord(policy.identity),
      ...content,
      fence,
      generation: fence,
      seed: seedFingerprint(policy) ?? state.known?.record?.seed,
      commands: withCommand(seen, name),
      writer: policy.holder,
    },
    guarded: true,
    command: name,
    discards: event.discards ?? false,
    serveAt: at + policy.commitBudgetMs,
    leaseStoredAt: undefined,
    clock: undefined,
    attempts: 0,
    retryAt: at,
    commanders: enqueue(earlier, { id: event.waiter, minValidForMs: 0, until: event.until }),
    retainUntil,
  }
}
