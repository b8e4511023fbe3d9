import { describe, expect, it } from 'vitest'
import { json } from '../support/fake-server.ts'
import { CLIENT, Session, USER, world } from '../support/session.ts'

/** A holder with its request under way, whose lease another process has taken over. */
function overtaken(identity: typeof CLIENT | typeof USER = CLIENT): { first: Session; second: Session } {
  const subject = world()
  const [first, second] = [new Session(subject, { identity }), new Session(subject, { identity })]
  if (identity === USER) {
    first.receive(subject.server.signIn(first.now, subject.now))
    first.run()
    first.reject()
  }
  first.ask({ timeoutMs: 1_000_000 })
  for (let steps = 0; first.phase !== 'refreshing'; steps++) {
    if (steps > 10) throw new Error('there is no request')
    first.answer()
  }
  subject.now += first.policy.leaseMs
  return { first, second }
}

function accessTokens({ discarded }: Session): string[] {
  return discarded.map(({ accessToken }) => accessToken)
}

describe('a token set that was won too late', () => {
  it('is handed over once the store has a newer one that was asked for anew', () => {
    const { first, second } = overtaken()
    second.ask()
    second.run()
    first.answer()
    first.run()
    expect(accessTokens(first)).toEqual(['access-SECRET-2'])
    expect(second.discarded).toEqual([])
  })

  it('is kept while the store has nothing newer, for it is handed out yet', () => {
    const { first, second } = overtaken()
    second.ask()
    second.answer()
    second.answer()
    first.answer()
    first.run()
    expect(first.reports).toContainEqual({ type: 'renewal.overtaken', fence: 1 })
    expect(first.discarded).toEqual([])
  })

  it('is kept when it is the one that is stored, or has a refresh token that others may share', () => {
    for (const answer of [
      { access_token: 'the-same' },
      { access_token: 'another', refresh_token: 'of-a-family' },
    ]) {
      const subject = world()
      const policy = { profile: { ...new Session(subject).policy.profile, refreshToken: 'keep' as const } }
      const [first, second] = [new Session(subject, policy), new Session(subject, policy)]
      first.ask()
      first.answer()
      first.answer()
      subject.now += first.policy.leaseMs
      second.ask()
      second.answer()
      second.answer()
      second.respond(json(200, { access_token: 'the-same', expires_in: 3_600 }))
      second.run()
      first.respond(json(200, { expires_in: 3_600, ...answer }))
      first.run()
      expect(first.reports).toContainEqual({ type: 'renewal.overtaken', fence: 1 })
      expect(first.discarded).toEqual([])
    }
  })

  it('is kept when it belongs to a delegated grant that lives', () => {
    const { first, second } = overtaken(USER)
    second.receive(second.world.server.signIn(second.now, second.world.now))
    second.run()
    first.respond(json(200, { access_token: 'late', refresh_token: 'late-too', expires_in: 3_600 }))
    first.run()
    expect(first.reports).toContainEqual({ type: 'renewal.overtaken', fence: 2 })
    expect(first.discarded).toEqual([])
  })

  it('is handed over when its delegated grant was dropped meanwhile', () => {
    const { first, second } = overtaken(USER)
    second.drop()
    second.run()
    first.respond(json(200, { access_token: 'late', refresh_token: 'late-too', expires_in: 3_600 }))
    first.run()
    expect(first.discarded).toMatchObject([{ accessToken: 'late', refreshToken: 'late-too' }])
  })

  it('is kept when a later version of Evergrant has written the record, which cannot be read', () => {
    const { first } = overtaken()
    first.world.store.plant('{"format":99}', first.now)
    first.answer()
    first.run()
    expect(first.discarded).toEqual([])
  })
})

describe('a grant that is dropped', () => {
  it('hands over the tokens that the drop has replaced in the store, if it is asked to', () => {
    const holder = new Session(world(), { identity: USER })
    const tokens = holder.world.server.signIn(holder.now, holder.world.now)
    holder.receive(tokens)
    holder.run()
    const session = new Session(holder.world, { identity: USER })
    session.drop({ discards: true })
    session.run()
    expect(session.discarded).toMatchObject([{ refreshToken: tokens.refreshToken }])
  })

  it('hands over nothing when it is not asked to, or when there is nothing', () => {
    const session = new Session(world(), { identity: USER })
    session.drop({ discards: true })
    session.run()
    session.receive(session.world.server.signIn(session.now, session.world.now))
    session.run()
    session.drop()
    session.run()
    expect(session.discarded).toEqual([])
  })
})
