/**
 * What a simulated store was given, read without the program's own codec: a checker must not share the mistakes
 * of what it checks.
 */
export interface StoredRecord {
  readonly fence: number
  readonly generation: number
  /** Whose clock the instants are of. */
  readonly clock: 'store' | 'writer'
  /** Who holds the lease; `undefined` when nobody does. */
  readonly lease: string | undefined
  readonly writer: string
  readonly spentAt: number | undefined
  readonly rejected: boolean
  readonly tokens: StoredTokens | undefined
  readonly trouble: StoredTrouble | undefined
}

interface StoredTokens {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly sentAt: number
  /** `undefined`: never. */
  readonly expiresAt: number | undefined
}

interface StoredTrouble {
  readonly kind: string
  readonly attempts: number
  /** `undefined`: until a new grant comes. */
  readonly until: number | undefined
}

/** The members of a record as they stand in its JSON. */
interface Written {
  readonly identity: string
  readonly fence: number
  readonly generation: number
  readonly clock: 'store' | 'writer'
  readonly lease?: { readonly holder: string }
  readonly writer: string
  readonly spentAt?: number
  readonly rejected: boolean
  readonly tokens?: StoredTokens
  readonly trouble?: {
    readonly failure: { readonly kind: string }
    readonly attempts: number
    readonly until?: number
  }
}

/** Reads what a program has stored for a grant of this identity; `undefined` when it is no record of it. */
export function readStored(value: string, wanted: string): StoredRecord | undefined {
  let written: Written
  try {
    written = JSON.parse(value)
  } catch {
    return undefined
  }
  if (typeof written !== 'object' || written === null || typeof written.fence !== 'number') return undefined
  const { identity, fence, generation, clock, lease, writer, spentAt, rejected, tokens, trouble } = written
  if (identity !== wanted) return undefined
  return {
    fence,
    generation,
    clock,
    lease: lease?.holder,
    writer,
    spentAt,
    rejected,
    tokens,
    trouble: trouble && { kind: trouble.failure.kind, attempts: trouble.attempts, until: trouble.until },
  }
}
