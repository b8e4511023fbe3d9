import { Session, USER, world } from './session.ts'

export type Policy = ConstructorParameters<typeof Session>[1]

/** A delegated grant that has been used once. */
export function signedIn(policy: Policy = {}): Session {
  const subject = world()
  const seedRefreshToken = subject.server.authorize()
  const session = new Session(subject, { identity: USER, seedRefreshToken, ...policy })
  session.ask()
  return session.run()
}

/** The same, with its next request outstanding because the token was rejected. */
export function renewing(policy: Policy = {}): { session: Session; waiter: number } {
  const session = signedIn(policy)
  session.reject()
  const waiter = session.ask()
  session.answer()
  return { session, waiter }
}

export function presentations(session: Session): number[] {
  return [...session.world.server.presentations.values()]
}
