import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeStore } from '../support/fake-store.ts'
import { type Action, anyAction, Fleet, hits, play } from '../support/fleet.ts'
import { USER, world } from '../support/session.ts'

const RUNS = Number(process.env.EVERGRANT_PROPERTY_RUNS ?? 200)

function streamsWith(...more: fc.Arbitrary<Action>[]) {
  const each = fc.oneof(
    { weight: 30, arbitrary: anyAction },
    ...more.map(arbitrary => ({ weight: 1, arbitrary })),
  )
  return fc.array(each, { minLength: 1, maxLength: 120, size: 'max' })
}

const flush = fc.constant<Action>({ do: 'flush' })
const command = fc.record({ do: fc.constantFrom('signIn' as const, 'drop' as const), who: fc.nat(2) })

describe.each([false, true])('a fleet of three processes, whatever happens (keepWarm: %s)', keepWarm => {
  it('keeps client credentials valid, with and without a clock in the store', () => {
    const property = fc.property(
      streamsWith(),
      fc.boolean(),
      fc.boolean(),
      (actions, hasClock, leaseUnseen) => {
        play(new Fleet({ keepWarm, leaseUnseen }, world({ store: new FakeStore(hasClock) })), actions)
      },
    )
    fc.assert(property, { numRuns: RUNS })
  })

  it('keeps client credentials valid in a store that loses everything now and then', () => {
    const property = fc.property(streamsWith(flush), fc.boolean(), (actions, leaseUnseen) =>
      play(new Fleet({ keepWarm, leaseUnseen }, world()), actions),
    )
    fc.assert(property, { numRuns: RUNS })
  })

  it('presents every single-use refresh token once', () => {
    const property = fc.property(streamsWith(), actions => {
      const subject = world()
      const seedRefreshToken = subject.server.authorize()
      play(new Fleet({ identity: USER, keepWarm, seedRefreshToken }, subject), actions)
    })
    fc.assert(property, { numRuns: RUNS })
  })

  it('presents every single-use refresh token once while users sign in and grants are dropped', () => {
    const property = fc.property(streamsWith(command), actions => {
      play(new Fleet({ identity: USER, keepWarm }, world()), actions)
    })
    fc.assert(property, { numRuns: RUNS })
  })
})

describe('what has happened to the fleets', () => {
  it('includes every kind of fault, at the operations that it can befall', () => {
    const kinds = [
      'answer  read',
      'answer  write',
      'answer  request',
      'failStore  read',
      'failStore  write',
      'failTransport not_sent request',
      'failTransport lost request',
      'failTransport unreached request',
      ...['busy', 'client', 'html', 'gateway', 'empty'].map(how => `refuse ${how} request`),
      ...['read', 'write', 'request'].flatMap(kind => [
        `crash  ${kind}`,
        `jump  ${kind}`,
        `hint  ${kind}`,
        `reject  ${kind}`,
      ]),
    ]
    expect(kinds.filter(kind => (hits.get(kind) ?? 0) < 5)).toEqual([])
  })
})
