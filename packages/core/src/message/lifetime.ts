/**
 * How long a token lives, as far as the answer tells.
 *
 * - `finite`: `ms` milliseconds from the moment the request was sent, more than 0.
 * - `unknown`: the answer does not say; a short default applies and the token set says so.
 * - `never`: the provider documents that its tokens do not expire.
 */
export type Lifetime =
  | { readonly kind: 'finite'; readonly ms: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'never' }

/** Why an `expires_in` cannot be used at all. */
export type LifetimeDefect = 'wrong_type' | 'not_positive'

/** What a profile says about `expires_in` (RFC 6749 §5.1). */
export interface LifetimeRules {
  /** Accept a string of digits where the RFC has a number. Nothing looser: `"3600 "` and `"1h"` are refused. */
  readonly asText: boolean
  /** What the absence of the member means: nobody knows, the token never expires, or the answer is refused. */
  readonly absent: 'unknown' | 'never' | 'refuse'
}

const DIGITS = /^[0-9]{1,400}$/

/**
 * The one parser of `expires_in` (seconds). `undefined` and `null` count as absent, fractions are rounded
 * down, and a life beyond `lifetimeMsMax` is cut to it, infinite ones included.
 */
export function parseLifetime(
  value: unknown,
  rules: LifetimeRules,
  lifetimeMsMax: number,
): Lifetime | LifetimeDefect {
  if (value === undefined || value === null) {
    return rules.absent === 'refuse' ? 'wrong_type' : { kind: rules.absent }
  }
  let seconds: number
  if (typeof value === 'number') seconds = value
  else if (typeof value === 'string' && rules.asText && DIGITS.test(value)) seconds = Number(value)
  else return 'wrong_type'
  if (!(seconds > 0)) return 'not_positive'
  const ms = Math.min(Math.floor(seconds * 1000), lifetimeMsMax)
  return ms >= 1 ? { kind: 'finite', ms } : 'not_positive'
}
