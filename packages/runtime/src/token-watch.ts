import { onAbort } from '@evergrant/core'
import { abortedError } from './aborted-error.ts'
import type { Session } from './session.ts'
import type { Token } from './token.ts'

/**
 * Every new token of a session, beginning with the one that is held. Between two steps of a slow consumer only
 * the newest counts: nothing piles up.
 *
 * The session is kept warm meanwhile, so that a renewer renews and a follower looks.
 */
export async function* watchTokens(
  open: () => Session | Promise<Session>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Token, void, undefined> {
  const session = await open()
  let told: Token | undefined
  let wakeUp: () => void = () => undefined
  const rouse = () => wakeUp()
  const release = session.watch(rouse)
  const deafen = signal && onAbort(signal, rouse)
  try {
    while (!session.closed) {
      if (signal?.aborted) throw abortedError(signal)
      const token = session.hot?.token
      if (token !== undefined && isNews(token, told)) {
        told = token
        yield token
      } else {
        await new Promise<void>(resolve => {
          wakeUp = resolve
        })
      }
    }
  } finally {
    deafen?.()
    release()
  }
}

/** A generation that a process has seen never comes back, except as another token under the same number. */
function isNews(token: Token, told: Token | undefined): boolean {
  return token.fingerprint !== told?.fingerprint || token.generation !== told.generation
}
