import { watch } from 'node:fs'
import { EvergrantError, fail } from '@evergrant/core'
import { errnoOf } from './disk.ts'

/**
 * Watches a folder without keeping the process alive. `onEvent` is told the name of an entry that came, went or
 * was touched, or `null` when the platform does not know. Throws when the folder cannot be watched.
 */
export type WatchFolder = (
  path: string,
  onEvent: (name: string | null) => void,
  onError: () => void,
) => () => void

export const watchFolder: WatchFolder = (path, onEvent, onError) => {
  const watcher = watch(path, { persistent: false }, (_, name) => onEvent(name))
  watcher.on('error', onError)
  return () => watcher.close()
}

/** Tells subscribers which entries of one folder have changed: one watcher, however many entries. */
export interface ChangeWatch {
  /** Throws when the folder cannot be watched. */
  subscribe(path: string, name: string, onChange: () => void): () => void
  /** Watches again if watching has ended though there are subscribers; they may have missed something. */
  resume(path: string): void
  /** The same, though watching seems to go on: the folder may be another one by now. */
  restart(path: string): void
  close(): void
}

export function changeWatch(watchOne: WatchFolder, isEntry: (name: string) => boolean): ChangeWatch {
  const subscribers = new Map<string, Set<() => void>>()
  let stop: (() => void) | undefined

  function start(path: string): void {
    stop ??= watchOne(
      path,
      name => onEvent(path, name),
      () => restart(path),
    )
  }

  function onEvent(path: string, name: string | null): void {
    if (name === null) return tellAll()
    // The folder itself: it was moved or removed, and its watcher will say no more.
    if (!isEntry(name)) return restart(path)
    tell(subscribers.get(name))
  }

  function restart(path: string): void {
    end()
    resume(path)
  }

  function resume(path: string): void {
    if (stop !== undefined || subscribers.size === 0) return
    try {
      start(path)
    } catch {
      // It is tried again with the next operation; until then subscribers hear nothing, which they must expect.
      return
    }
    tellAll()
  }

  function end(): void {
    stop?.()
    stop = undefined
  }

  function tellAll(): void {
    for (const hears of [...subscribers.values()]) tell(hears)
  }

  function unsubscribe(name: string, hear: () => void): void {
    const hears = subscribers.get(name)
    hears?.delete(hear)
    if (hears?.size === 0) subscribers.delete(name)
    if (subscribers.size === 0) end()
  }

  return {
    subscribe(path, name, onChange) {
      try {
        start(path)
      } catch (error) {
        throw unwatchable(error)
      }
      const hear = () => onChange()
      subscribers.set(name, (subscribers.get(name) ?? new Set()).add(hear))
      return () => unsubscribe(name, hear)
    },
    resume,
    restart,
    close() {
      subscribers.clear()
      end()
    },
  }
}

/** The operating system has run out of watches as a rule, and says so as if the disk were full. */
function unwatchable(error: unknown): EvergrantError {
  const errno = errnoOf(error)
  const limit = ['ENOSPC', 'EMFILE'].includes(errno) ? '; the limit of watches of this user is reached' : ''
  const message = `The file store cannot watch for changes (${errno})${limit}. It is polled instead.`
  return new EvergrantError(fail('store_unreachable', { message }))
}

function tell(hears: ReadonlySet<() => void> | undefined): void {
  for (const hear of [...(hears ?? [])]) {
    try {
      hear()
    } catch {
      // A subscriber is a guest: what it throws has nowhere to go from here but the end of the process.
    }
  }
}
