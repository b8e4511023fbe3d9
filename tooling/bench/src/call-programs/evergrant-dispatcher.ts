import { bearerApi } from '@evergrant/runtime/calls'
import { authorizedDispatcher } from '@evergrant/transport-undici'
import { Agent, request } from 'undici'
import type { Call, CallTarget } from '../call-program.ts'
import { sourceFor } from '../libraries/evergrant.ts'

/** Ours, as a dispatcher for undici. */
export function open({ origin, url, endpoint }: CallTarget): Call {
  const server = bearerApi({ origins: [origin] })
  const dispatcher = authorizedDispatcher(sourceFor(endpoint), server, { dispatcher: new Agent() })
  return async () => {
    const { body } = await request(url, { dispatcher })
    return body.text()
  }
}
