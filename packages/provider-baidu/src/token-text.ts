/** What stands in the text of a Baidu token. Hints for people and for early warnings; tokens are opaque. */
export interface BaiduTokenText {
  /** The first part: 24 for the access token of an AI application, 25 for its refresh token, 21 … 27 for others. */
  readonly type: number
  readonly meaning: BaiduTokenMeaning
  /** The lifetime it was issued with, in ms. */
  readonly lifetimeMs: number
  /** Epoch ms by Baidu's clock. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Who it was issued to: a constant of the platform for AI applications, a user id otherwise. */
  readonly userId: string
  readonly appId: string
}

export type BaiduTokenMeaning = 'access_token' | 'refresh_token' | 'unknown'

const TOKEN = /^(\d{1,3})\.([0-9a-f]{32})\.(\d{1,10})\.(\d{9,11})\.(\d{1,20})-(\d{1,20})$/

const MEANINGS: Readonly<Record<number, BaiduTokenMeaning>> = {
  21: 'access_token',
  22: 'refresh_token',
  24: 'access_token',
  25: 'refresh_token',
  26: 'access_token',
  27: 'refresh_token',
}

/** Reads a token of the form `24.<32 hex>.<seconds>.<expiry>.<user>-<app>`; `undefined` for any other text. */
export function parseBaiduToken(token: string): BaiduTokenText | undefined {
  const parts = TOKEN.exec(token)
  if (parts === null) return undefined
  const [, type = '', , seconds = '', expiry = '', userId = '', appId = ''] = parts
  const expiresAt = Number(expiry) * 1000
  const lifetimeMs = Number(seconds) * 1000
  return {
    type: Number(type),
    meaning: MEANINGS[Number(type)] ?? 'unknown',
    lifetimeMs,
    issuedAt: expiresAt - lifetimeMs,
    expiresAt,
    userId,
    appId,
  }
}
