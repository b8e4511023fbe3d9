/** Where the sources of a session find it for as long as it is open: they keep this, and let the session go with it. */
export interface Seat<Session> {
  session: Session | undefined
}
