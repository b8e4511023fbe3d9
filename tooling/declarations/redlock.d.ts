/** The few parts of Redlock, which comes without types, that its program uses. */
declare module 'redlock' {
  interface Lock {
    unlock(): Promise<void>
  }

  export default class Redlock {
    constructor(clients: readonly object[])
    lock(resource: string, ttlMs: number): Promise<Lock>
  }
}
