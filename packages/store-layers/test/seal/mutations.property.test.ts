import type { Entry, Store, Version } from '@evergrant/core'
import { EvergrantError } from '@evergrant/core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyring, sealed } from '../../src/index.ts'
import { rawKey } from '../support/keys.ts'

const RUNS = Number(process.env.EVERGRANT_FUZZ_RUNS ?? 20_000)
const TENANTS = ['evergrant:1:alice', 'evergrant:1:bob'] as const
const CHARACTERS = 'ABCXYZabcxyz0123456789-_.=+/ \n\u0000é'
const REFUSALS = ['seal_broken', 'seal_key_missing', 'record_newer', 'record_not_sealed']

/** How a sealed record is damaged, or dressed up as another. */
type Mutation = (text: string, other: string) => string

const position = fc.nat(1_000_000)
const character = fc.constantFrom(...CHARACTERS)
const at = (text: string, where: number) => where % (text.length + 1)

const anyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, character).map(
    ([where, by]): Mutation =>
      text => {
        const i = where % text.length
        return text.slice(0, i) + by + text.slice(i + 1)
      },
  ),
  fc.tuple(position, character).map(
    ([where, by]): Mutation =>
      text => {
        const i = at(text, where)
        return text.slice(0, i) + by + text.slice(i)
      },
  ),
  fc.tuple(position, fc.integer({ min: 1, max: 40 })).map(
    ([where, length]): Mutation =>
      text => {
        const i = at(text, where)
        return text.slice(0, i) + text.slice(i + length)
      },
  ),
  position.map(
    (where): Mutation =>
      text =>
        text.slice(0, at(text, where)),
  ),
  // The front of one record with the back of another.
  position.map(
    (where): Mutation =>
      (text, other) =>
        text.slice(0, at(text, where)) + other.slice(at(text, where)),
  ),
  // One field of another record.
  fc.nat(4).map(
    (field): Mutation =>
      (text, other) => {
        const [fields, others] = [text.split('.'), other.split('.')]
        fields[field] = others[field] ?? ''
        return fields.join('.')
      },
  ),
  // One bit of the box.
  position.map(
    (where): Mutation =>
      text => {
        const fields = text.split('.')
        const box = Buffer.from(fields.at(-1) ?? '', 'base64url')
        if (box.length > 0) box[where % box.length] = (box[where % box.length] ?? 0) ^ (1 << (where % 8))
        return [...fields.slice(0, -1), box.toString('base64url')].join('.')
      },
  ),
  fc.constant<Mutation>(text => `${text}\n`),
  fc.constant<Mutation>((_, other) => other),
)

describe('a sealed record that was tampered with', () => {
  const ring = keyring({ current: rawKey('one'), older: [rawKey('two')] })
  const older = keyring({ current: rawKey('two') })
  const genuine = new Map<string, string[]>()

  beforeAll(async () => {
    for (const tenant of TENANTS) {
      const seals = [ring, older].flatMap(each =>
        [undefined, 1_800_000_000_000].map(until => ({ each, until })),
      )
      genuine.set(
        tenant,
        await Promise.all(seals.map(({ each, until }) => each.seal(`the token of ${tenant}`, tenant, until))),
      )
    }
  })

  it('is refused, crashes nothing, and never shows a token of another tenant', {
    timeout: 3_600_000,
  }, async () => {
    const codes = new Map<string, number>()
    let opened = 0
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        fc.nat(7),
        fc.array(anyMutation, { minLength: 1, maxLength: 3 }),
        async (which, another, mutations) => {
          const [own = [], foreign = []] = TENANTS.map(tenant => genuine.get(tenant) ?? [])
          const other = [...own, ...foreign][another] ?? ''
          const value = mutations.reduce((text, mutate) => mutate(text, other) || '?', own[which] ?? '')
          const store = sealed(holding(value), ring)
          const outcome = await store.read(TENANTS[0]).then(
            entry => entry?.value,
            (error: unknown) => error,
          )
          if (own.includes(value)) {
            opened += 1
            expect(outcome).toBe(`the token of ${TENANTS[0]}`)
            return
          }
          const code = EvergrantError.is(outcome) ? outcome.code : `${outcome}`
          codes.set(code, (codes.get(code) ?? 0) + 1)
          expect(REFUSALS).toContain(code)
        },
      ),
      { numRuns: RUNS },
    )
    if (RUNS < 1_000) return
    // The mutations reach every refusal, and a few of them change nothing.
    expect([...codes.keys()].sort()).toEqual([...REFUSALS].sort())
    expect(opened).toBeLessThan(RUNS / 5)
  })
})

/** A store whose one record is this. */
function holding(value: string): Store {
  const entry: Entry = { value, version: '1' as Version }
  return {
    traits: { scope: 'shared', durable: true, evicts: false, staleMsMax: 0 },
    read: async () => entry,
    write: async () => ({ written: false, entry }),
  }
}
