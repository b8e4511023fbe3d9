import type { Store } from '@evergrant/core'
import type { Bench, Clause, Need, Subject } from './clause.ts'
import { compareAndSwap } from './compare-and-swap.ts'
import { consistency } from './consistency.ts'
import { content } from './content.ts'
import { sharing } from './sharing.ts'
import { time } from './time.ts'

/** Everything that a store must do. */
export const CLAUSES: readonly Clause[] = [...compareAndSwap, ...content, ...time, ...sharing, ...consistency]

/** A clause made ready for one store. */
export interface ConformanceTest {
  readonly id: string
  /** A sentence, fit for the title of a test. */
  readonly title: string
  /**
   * Opens a store, runs the clause and disposes of the store. Resolves to `undefined` when the clause was checked,
   * and to the reason in words when it does not apply to this store; rejects when the store fails it.
   */
  run(): Promise<string | undefined>
}

/**
 * The kit for one kind of store, as tests for any runner:
 *
 * ```ts
 * for (const { title, run } of conformance({ open: () => myStore() })) it(title, run)
 * ```
 *
 * A clause that needs what the store does not have (a subscription, say) is not failed but left out, with the
 * reason as the result of `run`. What the store offers, it must do.
 */
export function conformance(subject: Subject): readonly ConformanceTest[] {
  return CLAUSES.map(clause => ({
    id: clause.id,
    title: clause.title,
    run: () => runClause(clause, subject),
  }))
}

const HINT_WITHIN_MS = 5_000

async function runClause(clause: Clause, subject: Subject): Promise<string | undefined> {
  const opened: Store[] = []
  try {
    const store = await subject.open()
    opened.push(store)
    for (const need of clause.needs) {
      if (!has(need, store, subject)) return REASONS[need]
    }
    await clause.check(benchOf(store, subject, opened))
    return undefined
  } finally {
    for (const store of opened.reverse()) await dispose(store, subject)
  }
}

function benchOf(store: Store, subject: Subject, opened: Store[]): Bench {
  return {
    store,
    async peer() {
      const peer = await (subject.openPeer as NonNullable<Subject['openPeer']>)(store)
      opened.push(peer)
      return peer
    },
    pass: subject.pass ?? (async () => undefined),
    hintWithinMs: subject.hintWithinMs ?? HINT_WITHIN_MS,
  }
}

function has(need: Need, store: Store, subject: Subject): boolean {
  if (need === 'peer') return subject.openPeer !== undefined
  if (need === 'pass') return subject.pass !== undefined
  return store[need] !== undefined
}

const REASONS: Readonly<Record<Need, string>> = {
  peer: 'this store lives in one process',
  pass: 'this test cannot let time pass',
  subscribe: 'this store does not tell of changes',
  keys: 'this store cannot list its keys',
  close: 'this store has nothing to close',
}

async function dispose(store: Store, subject: Subject): Promise<void> {
  if (subject.dispose !== undefined) await subject.dispose(store)
  else await store.close?.()
}
