import { inspect } from 'node:util'
import { EvergrantError, grantIdentity } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { readContent, writeContent } from '../src/bundle-content.ts'
import { carriedRecord } from '../src/bundled-grant.ts'
import {
  bundle,
  DAY_MS,
  grant,
  IDENTITY,
  NOW,
  open,
  PASSPHRASE,
  REFRESH_TOKEN,
  TOKEN,
} from './support/bundles.ts'
import { type Dice, diceOf } from './support/dice.ts'

/** How many mutations a run tries; more with `EVERGRANT_FUZZ_RUNS`. */
const RUNS = Number(process.env.EVERGRANT_FUZZ_RUNS ?? 20_000)
/** The seed of the first one; each has its own: `EVERGRANT_SEED=<it> EVERGRANT_FUZZ_RUNS=1`. */
const SEED = Number(process.env.EVERGRANT_SEED ?? 20_260_101)
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é{}"'
const AT_ONCE = 64

/** One way of damaging a text, somewhere. */
type Mutation = (text: string, dice: Dice, others: readonly string[]) => string

const MUTATIONS: readonly Mutation[] = [
  // Another character, at any place: most often within the long parts.
  (text, dice) => splice(text, dice.whole(text.length), 1, dice.pick([...CHARACTERS])),
  (text, dice) => splice(text, dice.whole(text.length), 1 + dice.whole(8), ''),
  (text, dice) => splice(text, dice.whole(text.length + 1), 0, dice.pick([...CHARACTERS])),
  (text, dice) => text.slice(0, dice.whole(text.length)),
  // The last bits of a part, which decoders are careless about.
  (text, dice) => inParts(text, dice, part => part.slice(0, -1) + dice.pick([...CHARACTERS])),
  (text, dice, others) => {
    const donor = dice.pick(others).split('.')
    return inParts(text, dice, (_, i) => donor[i] ?? '')
  },
  (text, dice) => inParts(text, dice, () => ''),
  (text, dice) => {
    const parts = text.split('.')
    const [from, to] = [dice.whole(parts.length), dice.whole(parts.length)]
    const [moved = ''] = parts.splice(from, 1)
    parts.splice(to, 0, moved)
    return parts.join('.')
  },
  // The header as JSON: a member changed, removed or added.
  (text, dice) => inHeader(text, members => ({ ...members, ...member(dice, members) })),
  (text, dice) =>
    inHeader(text, members => {
      const gone = dice.pick(Object.keys(members))
      return Object.fromEntries(Object.entries(members).filter(([name]) => name !== gone))
    }),
]

const VALUES: readonly unknown[] = [
  ...[
    0,
    -1,
    1,
    2,
    1e9,
    1e21,
    8.64e12,
    9e15,
    '',
    'none',
    'dir',
    'PBES2-HS512+A256KW',
    'RSA1_5',
    'A128CBC-HS256',
    null,
    true,
  ],
  ...[[], {}, ['crit'], { N: 1_024 }, { N: 1e9, r: 8, p: 1, salt: '' }, { kty: 'EC', crv: 'P-256' }, 'DEF'],
]
const NAMES = [
  'alg',
  'enc',
  'typ',
  'format',
  'kid',
  'iat',
  'exp',
  'epk',
  'scrypt',
  'zip',
  'crit',
  'p2c',
  '__proto__',
]

function member(dice: Dice, members: Record<string, unknown>): Record<string, unknown> {
  const name = dice.once(2) ? dice.pick(NAMES) : dice.pick(Object.keys(members))
  return Object.fromEntries([[name, dice.pick(VALUES)]])
}

function splice(text: string, at: number, count: number, put: string): string {
  return text.slice(0, at) + put + text.slice(at + count)
}

function inParts(text: string, dice: Dice, change: (part: string, index: number) => string): string {
  const parts = text.split('.')
  const at = dice.whole(parts.length)
  return parts.map((part, i) => (i === at ? change(part, i) : part)).join('.')
}

function inHeader(text: string, change: (members: Record<string, unknown>) => object): string {
  const [header = '', ...rest] = text.split('.')
  const members = JSON.parse(Buffer.from(header, 'base64url').toString())
  return [Buffer.from(JSON.stringify(change(members))).toString('base64url'), ...rest].join('.')
}

/** The text with a change that does change it: some put back what was there. */
function changed(text: string, dice: Dice, others: readonly string[]): string {
  for (;;) {
    const result = dice.pick(MUTATIONS)(text, dice, others)
    if (result !== text) return result
  }
}

/** What is wrong with how a mutated bundle was received; `undefined` when it was refused as it should be. */
async function flawOf(text: string, seed: number): Promise<{ code: string; flaw?: string }> {
  const how = seed % 2 === 0 ? {} : { passphrase: PASSPHRASE }
  const outcome = await open(text, how).then(
    () => 'it was opened',
    (error: unknown) => error,
  )
  if (!EvergrantError.is(outcome)) return { code: 'none', flaw: `seed ${seed}: ${String(outcome)}` }
  const printed = inspect(outcome, { depth: 8, showHidden: true }) + JSON.stringify(outcome)
  const { code } = outcome
  return printed.includes('canary') ? { code, flaw: `seed ${seed}: it leaks` } : { code }
}

describe('a bundle that was changed', () => {
  it(`is refused by reason, in all of ${RUNS.toLocaleString('en')} ways`, {
    timeout: 3_600_000,
  }, async () => {
    const withRefresh = grant({ refreshToken: REFRESH_TOKEN, refreshTokenUse: 'reusable' })
    const making = { grants: [withRefresh], includeRefreshTokens: true }
    const toKey = [await bundle(making), await bundle(making)]
    const toPassphrase = [
      await bundle({ ...making, for: { passphrase: PASSPHRASE } }),
      await bundle({ ...making, for: { passphrase: PASSPHRASE } }),
    ]
    const others = [...toKey, ...toPassphrase].slice(1)
    const counts: Record<string, number> = {}
    const flaws: string[] = []
    for (let begin = 0; begin < RUNS; begin += AT_ONCE) {
      const seeds = Array.from({ length: Math.min(AT_ONCE, RUNS - begin) }, (_, i) => SEED + begin + i)
      const found = await Promise.all(
        seeds.map(async seed => {
          const dice = diceOf(seed)
          const whole = (seed % 2 === 0 ? toKey : toPassphrase)[0] ?? ''
          return flawOf(changed(whole, dice, others), seed)
        }),
      )
      for (const each of found) {
        counts[each.code] = (counts[each.code] ?? 0) + 1
        if (each.flaw !== undefined) flaws.push(each.flaw)
      }
    }
    console.info(`${RUNS} changed bundles were refused:`, counts)
    expect(flaws.slice(0, 10)).toEqual([])
    if (RUNS >= 20_000) expect(Object.keys(counts).length).toBeGreaterThanOrEqual(4)
  })
})

/** The content of a bundle as its maker signs it. */
function wholeContent(): string {
  const token = { accessToken: TOKEN, expiresAt: NOW + DAY_MS, scope: ['a'] }
  const identity = { ...IDENTITY, subject: 's', parameters: [['n', 'v']] as const }
  const records = [identity, IDENTITY].map(each =>
    carriedRecord(
      grantIdentity(each),
      { ...token, tokenType: 'Bearer', sentAt: NOW, lifetime: 'finite', refreshToken: undefined, extra: {} },
      1,
      'id',
    ),
  )
  const terms = { id: 'id', recipient: 'r', issuedAt: NOW, expiresAt: NOW + DAY_MS }
  return writeContent({ ...terms, issuer: 'i', purpose: undefined }, records)
}

/** The text with a few characters changed, anywhere. */
function spoiled(text: string, dice: Dice): string {
  return dice.pick(MUTATIONS.slice(0, 4))(text, dice, [])
}

/** Another value in place of any one value of the content, however deep it stands. */
function graft(content: unknown, dice: Dice): unknown {
  if (typeof content !== 'object' || content === null || dice.once(6)) return dice.pick(VALUES)
  const entries = Object.entries(content)
  if (entries.length === 0) return dice.pick(VALUES)
  const at = dice.whole(entries.length)
  const changed = entries.map(([name, value], i) => [name, i === at ? graft(value, dice) : value] as const)
  return Array.isArray(content) ? changed.map(([, value]) => value) : Object.fromEntries(changed)
}

describe('what a trusted signer has got wrong', () => {
  it(`is read as what it is, or refused by reason: ${RUNS.toLocaleString('en')} times`, {
    timeout: 3_600_000,
  }, () => {
    const whole = wholeContent()
    const flaws: string[] = []
    const counts: Record<string, number> = {}
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const dice = diceOf(seed)
      const text = dice.once(2) ? JSON.stringify(graft(JSON.parse(whole), dice)) : spoiled(whole, dice)
      try {
        const { grants } = readContent(text)
        counts.read = (counts.read ?? 0) + 1
        const sound = grants.every(each => each.accessToken !== '' && each.expiresAt > NOW)
        if (!sound) flaws.push(`seed ${seed}: a grant without a token`)
      } catch (error) {
        if (!EvergrantError.is(error)) flaws.push(`seed ${seed}: ${String(error)}`)
        else counts[error.code] = (counts[error.code] ?? 0) + 1
        if (inspect(error, { depth: 8 }).includes('canary')) flaws.push(`seed ${seed}: it leaks`)
      }
    }
    console.info(`${RUNS} changed contents:`, counts)
    expect(flaws.slice(0, 10)).toEqual([])
    if (RUNS >= 20_000) expect(Object.keys(counts).sort()).toEqual(['bundle_damaged', 'bundle_newer', 'read'])
  })
})
