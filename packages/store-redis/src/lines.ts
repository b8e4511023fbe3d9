/** Something that listens to channels. */
export interface Lines {
  /** Listens to a channel; resolves once it does, rejects when it cannot. The channel is held until released. */
  hold(channel: string): Promise<void>
  release(channel: string): void
  /** Begins anew with other connections. */
  restart(): void
  close(): Promise<void>
}
