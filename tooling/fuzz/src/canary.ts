/** A secret that must not turn up in anything that is printed. */
export interface Canary {
  readonly secret: string
  /** Pieces of it, as it is and encoded: half a secret is a leak, too. */
  readonly pieces: ReadonlySet<string>
}

const PIECE_CHARS = 12

/** A canary whose part `telltale` occurs nowhere else: what is around it may be known to everybody. */
function canary(prefix: string, telltale: string, suffix = ''): Canary {
  const secret = prefix + telltale + suffix
  const base64 = Buffer.from(secret)
    .toString('base64')
    .slice(0, -4 - suffix.length)
  const forms = [telltale, encodeURIComponent(telltale), base64]
  const pieces = new Set<string>()
  for (const form of forms) {
    for (let at = 0; at + PIECE_CHARS <= form.length; at++) pieces.add(form.slice(at, at + PIECE_CHARS))
  }
  return { secret, pieces }
}

/** Tokens that a call may carry. */
export const TOKENS: readonly Canary[] = [
  canary('24.', '7f3a9c51e2b84d06a1f5c8e93b7d2046', '.2592000.1790000000.282335-7654321'),
  canary('bce-v3/ALTAK-', 'Kq8ZvR2xWm5TnB7cYd1Lp/9e4c7a1b5d3f8062c7e9a4b1d5f3806e2c4a7b9d'),
  canary('', '~x.Odd+Token/9="&\'<z>%41\\u0041|{q}^`(k)*!;:@$,#?[w]-_=='),
]

/** What a client authenticates with. */
export const CLIENT_SECRET: Canary = canary('', 'Cl1ent+S3cret/"with"&<odd>\\characters%2B=')
export const REFRESH_TOKEN: Canary = canary(
  '25.',
  'b61d0f8e3a974c25d8e1f7a04b9c6352',
  '.315360000.2100000000.282335-7654321',
)

/** A piece of a canary that stands in a text; `undefined` when there is none. */
export function leakIn(text: string, canaries: readonly Canary[]): string | undefined {
  for (let at = 0; at + PIECE_CHARS <= text.length; at++) {
    const piece = text.slice(at, at + PIECE_CHARS)
    if (canaries.some(({ pieces }) => pieces.has(piece))) return piece
  }
  return undefined
}
