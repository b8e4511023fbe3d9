/**
 * Something an operator may want to know; none of it is a failure of a call.
 *
 * - `connection_lost`, `connection_restored`: commands cannot be sent, or can again. `reason` is a code such as
 *   `ECONNRESET` or `WRONGPASS`; absent when the connection was closed without one.
 * - `hints_interrupted`, `hints_restored`: changes are not heard of, or are again; whoever has subscribed is
 *   told once that it may have missed one.
 * - `hints_refused`: the server lets this user write but not publish, so that nobody hears of its writes; told once
 *   until one is published again.
 * - `hints_unsharded`: the Cluster has no sharded channels, or this user may not listen to them (`+ssubscribe`).
 *   Others are listened to instead, until the next connection; writers that use sharded ones are not heard there.
 * - `evicts`: the server may drop records when its memory is full (`maxmemory-policy`), which costs a token
 *   request, or a grant that is nowhere else.
 * - `not_durable`: the server keeps no append-only file, though the store was told that it is durable.
 *
 * The last two are looked for once, when the first connection is ready.
 */
export type RedisStoreNotice =
  | { readonly type: 'connection_lost'; readonly reason?: string }
  | { readonly type: 'connection_restored' | 'hints_interrupted' | 'hints_restored' | 'hints_refused' }
  | { readonly type: 'hints_unsharded' }
  | { readonly type: 'evicts'; readonly policy: string }
  | { readonly type: 'not_durable' }

export type Notify = (notice: RedisStoreNotice) => void

/** Tells whoever wants to know; a listener that throws is not the store's problem. */
export function notifier(listener: Notify | undefined): Notify {
  return notice => {
    try {
      listener?.(notice)
    } catch {
      // The notice was given.
    }
  }
}
