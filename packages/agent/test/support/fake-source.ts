import type { Explanation, TokenListener } from '@evergrant/core'
import type { AgentSource, AgentToken } from '../../src/index.ts'

export const FAKE_TOKEN: AgentToken = {
  accessToken: 'fake-token',
  tokenType: 'Bearer',
  expiresAt: Number.POSITIVE_INFINITY,
  lifetime: 'never',
  scope: undefined,
  fingerprint: 'f00d',
}

/** A source that does what it is told. */
export interface FakeSource extends AgentSource {
  readonly rejected: string[]
  readonly emit: TokenListener
}

export function fakeSource(
  token: AgentSource['token'] = async () => FAKE_TOKEN,
  explanation?: Explanation,
): FakeSource {
  const listeners = new Set<TokenListener>()
  const rejected: string[] = []
  return {
    token,
    rejected,
    reject: text => rejected.push(text),
    explain: () => explanation,
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    emit(event) {
      for (const listener of listeners) listener(event)
    },
  }
}
