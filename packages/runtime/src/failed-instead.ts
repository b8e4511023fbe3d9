import { fail, type GrantCommand, type GrantFact } from '@evergrant/core'

/** What an answer that could not be taken in counts as, or nothing would ever be asked again; `undefined` for no answer. */
export function failedInstead(event: GrantCommand | GrantFact): GrantFact | undefined {
  if (!('op' in event) || event.type === 'store.failed' || event.type === 'transport.failed') return undefined
  const { op } = event
  if (event.type !== 'response.received') return { type: 'store.failed', op }
  return { type: 'transport.failed', op, failure: fail('transport_failed'), delivery: 'unknown' }
}
