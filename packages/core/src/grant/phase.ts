/**
 * Where a session stands.
 *
 * - `unread`: the record has never been read.
 * - `reading`: a read is outstanding.
 * - `held`: nothing is outstanding and nothing is wanted.
 * - `leasing`: the write that takes the lease is outstanding.
 * - `refreshing`: the token request is outstanding.
 * - `committing`: something has to be written: tokens, a failure, a drop. The write is outstanding, or waits
 *   for the store.
 * - `waiting`: a token is wanted, but not now: another session holds the lease, or a pause has to pass.
 */
export type Phase = 'unread' | 'reading' | 'held' | 'leasing' | 'refreshing' | 'committing' | 'waiting'

export const PHASES: readonly Phase[] = [
  'unread',
  'reading',
  'held',
  'leasing',
  'refreshing',
  'committing',
  'waiting',
]
