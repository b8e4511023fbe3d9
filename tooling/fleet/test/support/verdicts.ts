import { expect } from 'vitest'
import type { Fleet, Given } from '../../src/index.ts'

/** Every caller was given a token, the same one, and none that had ended. */
export function expectOneToken(answers: readonly Given[]): void {
  expect(answers.flatMap(({ failures }) => failures)).toEqual([])
  const tokens = answers.flatMap(({ tokens: given }) => given)
  expect(new Set(tokens.map(({ fingerprint }) => fingerprint)).size).toBe(1)
  expectAlive(answers)
}

/** No caller was given a token that had ended. */
export function expectAlive(answers: readonly Given[]): void {
  const ended = answers.flatMap(({ tokens }) => tokens).filter(({ at, expiresAt }) => at >= expiresAt)
  expect(ended).toEqual([])
}

/** Refresh tokens that were presented more than once, as the server has seen it. */
export function presentedTwice({ sandbox }: Fleet): readonly string[] {
  return sandbox.requests.filter(({ outcome }) => outcome === 'expired_token').map(({ path }) => path)
}
