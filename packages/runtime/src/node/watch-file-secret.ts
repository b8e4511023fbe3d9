import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { invalidOption } from '../invalid-option.ts'
import { sharedClock } from '../system-clock.ts'

export interface WatchFileSecretOptions {
  /** Time between two looks, in ms. 10 to 3,600,000; 5,000 by default. */
  readonly pollMs?: number
}

const POLL_MS = 5_000
const POLL_MS_MIN = 10
const POLL_MS_MAX = 3_600_000

/**
 * Calls `onChange` whenever the text of a file has become another: when a mounted secret was rotated, say. Not when the
 * file goes away, as it does for a moment while it is replaced.
 *
 * `fileSecret` needs no watching: it reads the file for every token request. This is for those who want to know, or to
 * try again at once. The file is read and compared by its digest, for mounts replace links and tell watchers of the
 * file nothing. Does not keep the process alive. Returns the function that ends it; throws an `EvergrantError` of code
 * `invalid_option` when `pollMs` is out of range.
 */
export function watchFileSecret(
  path: string,
  onChange: () => void,
  options: WatchFileSecretOptions = {},
): () => void {
  const { pollMs = POLL_MS } = options
  if (!(pollMs >= POLL_MS_MIN && pollMs <= POLL_MS_MAX)) {
    throw invalidOption(`pollMs is ${pollMs}, not a number of ms from ${POLL_MS_MIN} to ${POLL_MS_MAX}`)
  }
  // Read here and now: what changes from this call on is told.
  let known = digestOf(textNow(path))
  let ended = false
  let cancel: (() => void) | undefined
  const clock = sharedClock()

  async function look(): Promise<void> {
    const digest = digestOf(await readFile(path, 'utf8').catch(() => ''))
    if (ended) return
    const changed = known !== undefined && digest !== undefined && digest !== known
    known = digest ?? known
    lookSoon()
    if (!changed) return
    try {
      onChange()
    } catch {
      // A listener is a guest: what it throws must not end the watch, nor the process.
    }
  }

  function lookSoon(): void {
    cancel = clock.wake(clock.now() + pollMs, () => look().catch(() => undefined))
  }

  lookSoon()
  return () => {
    ended = true
    cancel?.()
  }
}

/** Empty when there is nothing to be read. */
function textNow(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** `undefined` for no text. Only the digest is kept: a watch needs no secret in memory. */
function digestOf(text: string): string | undefined {
  const value = text.trim()
  return value === '' ? undefined : createHash('sha256').update(value).digest('hex')
}
