/** Names the last entry of a chain. */
export interface AuditHead {
  readonly chain: string
  readonly number: number
  /** SHA-256 of its line, in base64url. */
  readonly hash: string
}

/** Reads a head that was written as JSON; `undefined` when it is none. */
export function readHead(json: string): AuditHead | undefined {
  try {
    const { chain, number, hash } = JSON.parse(json) as Partial<Record<keyof AuditHead, unknown>>
    const fits = typeof chain === 'string' && Number.isSafeInteger(number) && typeof hash === 'string'
    return fits ? { chain, number: Number(number), hash } : undefined
  } catch {
    return undefined
  }
}
