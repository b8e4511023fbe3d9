import { authorizedFetch, bearerApi } from '@evergrant/runtime/calls'
import type { Call, CallTarget } from '../call-program.ts'
import { sourceFor } from '../libraries/evergrant.ts'

/** Ours, over the global fetch. */
export function open({ origin, url, endpoint }: CallTarget): Call {
  const call = authorizedFetch(sourceFor(endpoint), bearerApi({ origins: [origin] }))
  return async () => {
    const response = await call(url)
    return response.text()
  }
}
