import { type GrantPolicy, type GrantState, quietUntil } from '@evergrant/core'
import { Token } from './token.ts'

/** What a source may hand out without consulting the machine, and until when. */
export interface Hot {
  readonly token: Token
  /** The token, as a promise that is made once. */
  readonly promise: Promise<Token>
  /** Until when nothing but handing it out is to be done. */
  readonly quietUntil: number
  /** Until when it may be handed out at all. */
  readonly lapsesAt: number
}

/** What may be handed out now; the known one again while it is the same token, so that its promise is made once. */
export function hotTokenOf(
  state: GrantState,
  at: number,
  policy: GrantPolicy,
  known: Hot | undefined,
): Hot | undefined {
  const { stamp } = state
  if (stamp === undefined || stamp.rejected || at >= stamp.lapsesAt) return undefined
  const same = known?.token.generation === stamp.generation && known.token.fingerprint === stamp.fingerprint
  const token = same ? known.token : new Token(stamp)
  const promise = same ? known.promise : Promise.resolve(token)
  return { token, promise, quietUntil: quietUntil(state, policy), lapsesAt: stamp.lapsesAt }
}
