/**
 * The place where grants are kept: two functions over opaque strings.
 *
 * Every write is a compare-and-swap. There is no lock service behind this port: a lease is a field inside the
 * value, and the store only has to refuse a write whose `expected` version is no longer the current one.
 *
 * What a store may get wrong, and what it may not:
 *
 * - Losing a record, answering late, failing, or reporting a failure for a write that was in fact applied is
 *   tolerable. It costs a token request at most.
 * - Losing, delaying or repeating a change hint is tolerable. It costs latency.
 * - Accepting a write whose `expected` version is stale, handing out one version twice for a key, or answering
 *   with another key's value is a security bug: it gives one refresh token to two holders, or one tenant's
 *   token to another.
 *
 * @module
 */

declare const versionBrand: unique symbol

/**
 * Names one state of one key, as a strong ETag does (RFC 9110 §8.8.3): compared for equality only, and never
 * used again for the same key, not even after a delete.
 */
export type Version = string & { readonly [versionBrand]: true }

/** Two instants by the store's own clock, in epoch ms. The clock may be wrong; it must be one for all clients. */
export interface StoreTime {
  /** When this version was written. */
  readonly storedAt: number
  /** When this answer was given, `storedAt` or later. */
  readonly asOf: number
}

/** What a store holds for a key. */
export interface Entry {
  readonly value: string
  readonly version: Version
  /**
   * Absent when the store has no clock of its own: leases are then timed by watching the version stand still,
   * and expiry instants are read with an allowance for clock skew.
   */
  readonly time?: StoreTime
}

/** One compare-and-swap. */
export interface Change {
  /** The new value; `undefined` deletes. */
  readonly value: string | undefined
  /** The version to be replaced; `undefined` means that the key must not exist. */
  readonly expected: Version | undefined
  /** Epoch milliseconds until which the value is worth keeping. A hint; absent means: no limit is known. */
  readonly retainUntil?: number
}

/** The outcome of a write: done, or refused along with the truth that refused it. */
export type WriteResult =
  | {
      readonly written: true
      readonly version: Version
      /** When it was written, by the store's own clock. Absent when the store has none. */
      readonly storedAt?: number
    }
  | { readonly written: false; readonly entry: Entry | undefined }

/** What a store is, as far as the grant machine has to care. */
export interface StoreTraits {
  /** Who sees a write: this process, every process of this host, or every process that shares the server. */
  readonly scope: 'process' | 'host' | 'shared'
  /** Whether a record survives a restart of the process (`process`, `host`) or of the server (`shared`). */
  readonly durable: boolean
  /** Whether the store may drop records by itself to stay within a bound. */
  readonly evicts: boolean
  /** How long, in milliseconds, `read` may go on returning a version that was already replaced. 0 for most. */
  readonly staleMsMax: number
}

/** A key-value store with compare-and-swap. Presence of an optional method is the capability. */
export interface Store {
  readonly traits: StoreTraits

  /**
   * The current entry of `key`, or `undefined` when there is none. Rejects when the store cannot tell; never
   * answers `undefined` for "could not be reached".
   */
  read(key: string): Promise<Entry | undefined>

  /**
   * Replaces, creates or deletes the value of `key` if its version is still `change.expected`. A refusal is an
   * answer, not an error. Rejecting means that the outcome is unknown: the write may have been applied.
   */
  write(key: string, change: Change): Promise<WriteResult>

  /**
   * Calls `onChange` after `key` may have changed. A hint: it may be lost, late, repeated or caused by one's
   * own write, and carries no value. It may name the version that was written, so that who has that version
   * already need not read; without a name anything may have happened. Resolves, once the subscription stands,
   * to the function that ends it.
   */
  subscribe?(key: string, onChange: (version?: Version) => void): Promise<() => Promise<void>>

  /**
   * The keys that are held, in no order: for inspection and migration, not for serving. A key that comes or goes
   * meanwhile may be named or not, and one that stays is named at least once; some may hold nothing. Stores may
   * leave out keys of more than 1,024 characters. Rejects as `read` does.
   */
  keys?(): AsyncIterable<string>

  /** Lets go of connections, timers and memory. Further calls reject. */
  close?(): Promise<void>
}
