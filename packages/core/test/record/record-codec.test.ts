import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord, type GrantRecord, grantIdentity } from '../../src/index.ts'
import { emptyRecord, rebased } from '../../src/record/grant-record.ts'

const identity = grantIdentity({
  provider: 'p',
  tokenEndpoint: 'https://as.example/token',
  clientId: 'id',
  grantType: 'refresh_token',
})

const instant = fc.integer({ min: 0, max: 4e12 })
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })
const token = fc.stringMatching(/^[!-~]{1,40}$/)

const tokens = fc
  .record({
    accessToken: token,
    tokenType: fc.constant('Bearer' as const),
    sentAt: instant,
    life: fc.oneof(fc.integer({ min: 1, max: 1e10 }), fc.constant(Number.POSITIVE_INFINITY)),
    scope: maybe(fc.array(fc.string())),
    refreshToken: maybe(token),
    extra: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  })
  .map(({ life, ...rest }) => ({
    ...rest,
    expiresAt: rest.sentAt + life,
    lifetime: Number.isFinite(life) ? ('finite' as const) : ('never' as const),
  }))

const record: fc.Arbitrary<GrantRecord> = fc
  .record({
    generation: fc.integer({ min: 1, max: 1000 }),
    more: fc.nat(5),
    tokens: maybe(tokens),
    rejected: fc.boolean(),
    replaces: fc.nat(10),
    lease: maybe(
      fc.record({ holder: fc.string(), presents: fc.constant(true as const) }, { requiredKeys: ['holder'] }),
    ),
    spentAt: maybe(instant),
    trouble: maybe(
      fc.record({
        failure: fc.oneof(
          fc.constant({ kind: 'retry' as const, code: 'c', message: 'm', status: 503, retryAfterMs: 5 }),
          fc.constant({
            kind: 'reauthorize' as const,
            code: 'c',
            message: 'm',
            description: 'd',
            advice: { en: 'e', zh: '中' },
          }),
        ),
        attempts: fc.integer({ min: 1, max: 99 }),
        until: fc.oneof(instant, fc.constant(Number.POSITIVE_INFINITY)),
      }),
    ),
    seed: maybe(fc.string()),
    commands: fc.array(fc.string(), { maxLength: 8 }),
    renewNotBefore: maybe(instant),
    writer: fc.string(),
  })
  .map(({ more, ...rest }) => ({ ...rest, identity, fence: rest.generation + more }))

describe('a record', () => {
  it('comes back as it was stored', () => {
    fc.assert(
      fc.property(record, fc.constantFrom('store' as const, 'writer' as const), (original, clock) => {
        const decoded = decodeRecord(encodeRecord(original, clock), identity)
        if (decoded.kind !== 'record') throw new Error(`it is a ${decoded.kind}`)
        expect(decoded.clock).toBe(clock)
        expect(plain(decoded.record)).toEqual(plain(original))
      }),
    )
  })

  it('is moved between clocks with all its instants, and back', () => {
    fc.assert(
      fc.property(record, fc.integer({ min: -1e9, max: 1e9 }), (original, ms) => {
        expect(rebased(rebased(original, ms), -ms)).toEqual(original)
      }),
    )
    expect(rebased({ ...emptyRecord(identity), spentAt: 5, renewNotBefore: 7 }, 10)).toMatchObject({
      spentAt: 15,
      renewNotBefore: 17,
    })
  })

  it('says which format it has', () => {
    expect(JSON.parse(encodeRecord(emptyRecord(identity), 'store'))).toMatchObject({ format: 1 })
  })
})

describe('stored bytes', () => {
  it('of any kind are a record of this grant, a miss, or of a later version; never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), text => {
        expect(['miss', 'barred']).toContain(decodeRecord(text, identity).kind)
      }),
    )
  })

  it('that were damaged anywhere are a record of sound types or a miss', () => {
    const damage = fc.tuple(fc.nat(), fc.string({ maxLength: 3 }), fc.nat(4))
    fc.assert(
      fc.property(record, damage, (original, [at, insert, remove]) => {
        const text = encodeRecord(original, 'store')
        const start = at % text.length
        const decoded = decodeRecord(text.slice(0, start) + insert + text.slice(start + remove), identity)
        if (decoded.kind !== 'record') return
        const { fence, generation, tokens } = decoded.record
        expect(fence).toBeGreaterThanOrEqual(generation)
        if (tokens === undefined) return
        expect(tokens.expiresAt).toBeGreaterThan(tokens.sentAt)
        expect(tokens.accessToken).toMatch(/^[!-~]+$/)
      }),
      { numRuns: 2_000 },
    )
  })

  const change = (edit: (members: Record<string, unknown>) => void) => {
    const full: GrantRecord = {
      ...emptyRecord(identity),
      fence: 3,
      generation: 2,
      lease: { holder: 'h' },
      tokens: {
        accessToken: 'a',
        tokenType: 'Bearer',
        sentAt: 1,
        expiresAt: 2,
        lifetime: 'finite',
        scope: ['s'],
        refreshToken: 'r',
        extra: { x: 1 },
      },
      trouble: { failure: { kind: 'retry', code: 'c', message: 'm' }, attempts: 1, until: 9 },
    }
    const members = JSON.parse(encodeRecord(full, 'store'))
    edit(members)
    return decodeRecord(JSON.stringify(members), identity).kind
  }

  it.each<[string, (members: Record<string, unknown>) => void, string]>([
    ['unchanged', () => undefined, 'record'],
    ['of format 0', members => Object.assign(members, { format: 0 }), 'miss'],
    ['of format 2', members => Object.assign(members, { format: 2 }), 'barred'],
    ['without a format', members => Object.assign(members, { format: undefined }), 'miss'],
    ['of another identity', members => Object.assign(members, { identity: 'x' }), 'miss'],
    ['with a generation above its fence', members => Object.assign(members, { generation: 4 }), 'miss'],
    ['with tokens of generation 0', members => Object.assign(members, { generation: 0 }), 'miss'],
    ['with a negative fence', members => Object.assign(members, { fence: -1 }), 'miss'],
    ['with text for a number', members => Object.assign(members, { fence: '3' }), 'miss'],
    ['with a number for text', members => Object.assign(members, { writer: 5 }), 'miss'],
    ['with a list for an object', members => Object.assign(members, { lease: [] }), 'miss'],
    ['with text for a flag', members => Object.assign(members, { rejected: 'no' }), 'miss'],
    ['with an unknown clock', members => Object.assign(members, { clock: 'sun' }), 'miss'],
    ['with text for an instant', members => Object.assign(members, { spentAt: 'now' }), 'miss'],
    ['with numbers for commands', members => Object.assign(members, { commands: [1] }), 'miss'],
    ['without commands', members => Object.assign(members, { commands: undefined }), 'record'],
    [
      'with a token that ends before it begins',
      m => Object.assign(m.tokens as object, { expiresAt: 1 }),
      'miss',
    ],
    [
      'with a token that cannot be sent',
      m => Object.assign(m.tokens as object, { accessToken: 'a\n' }),
      'miss',
    ],
    [
      'with a refresh token that cannot be sent',
      m => Object.assign(m.tokens as object, { refreshToken: '' }),
      'miss',
    ],
    ['with an object in its extras', m => Object.assign(m.tokens as object, { extra: { x: {} } }), 'miss'],
    ['without extras', m => Object.assign(m.tokens as object, { extra: undefined }), 'record'],
    [
      'with a token without end that should have one',
      m => Object.assign(m.tokens as object, { expiresAt: null }),
      'miss',
    ],
    [
      'with an unknown kind of failure',
      m => Object.assign((m.trouble as { failure: object }).failure, { kind: 'x' }),
      'miss',
    ],
  ])('%s', (_, edit, kind) => {
    expect(change(edit)).toBe(kind)
  })

  it('do not reach a prototype', () => {
    const text = encodeRecord(emptyRecord(identity), 'store').replace('{', '{"__proto__":{"tokens":{}},')
    expect(decodeRecord(text, identity).kind).toBe('record')
  })
})

/** As `toEqual` compares prototypes' absence differently, compare by what would be stored. */
function plain(value: GrantRecord): unknown {
  return JSON.parse(encodeRecord(value, 'store'))
}
