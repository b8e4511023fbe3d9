import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeRecord,
  emptyRecord,
  encodeRecord,
  type GrantRecord,
  grantIdentity,
  recordKey,
  type Store,
} from '@evergrant/core'
import { oauthProvider, tokenSource } from '@evergrant/runtime'
import { fileStore } from '@evergrant/store-file'
import { memoryStore } from '@evergrant/store-memory'
import { scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { clockMemory, importBundle } from '../src/index.ts'
import type { OpenedBundle } from '../src/opened-bundle.ts'
import {
  at,
  bundle,
  DAY_MS,
  failureOf,
  grant,
  IDENTITY,
  NOW,
  open,
  REFRESH_TOKEN,
  TOKEN,
} from './support/bundles.ts'

const IDENTITY_HERE = grantIdentity({
  ...IDENTITY,
  provider: 'oauth',
  tokenEndpoint: 'https://as.example/token',
})
const KEY = recordKey(IDENTITY_HERE)
const EXPIRY = NOW + 30 * DAY_MS
/** The most by which two clocks may be apart: a bundled token ends that much earlier, to be safe. */
const SKEW_MS = 2 * 300_000

const theGrant = () => grant({ identity: IDENTITY_HERE })
const openedBundle = async () => open(await bundle({ grants: [theGrant()] }))

function sourceOn(store: Store, role: 'renewer' | 'follower', clock = virtualClock(NOW + 60_000)) {
  const transport = scriptedTransport()
  const source = tokenSource({
    provider: oauthProvider({ name: 'oauth', tokenEndpoint: 'https://as.example/token' }),
    client: { id: 'the-id', secret: 'the-secret' },
    role,
    store,
    clock,
    transport,
  })
  return { source, clock, transport }
}

async function storedRecord(store: Store): Promise<GrantRecord> {
  const decoded = decodeRecord((await store.read(KEY))?.value ?? '', IDENTITY_HERE)
  if (decoded.kind !== 'record') throw new Error(decoded.kind)
  return decoded.record
}

/** A record of the grant as another process may have stored it. */
function record(changes: Partial<GrantRecord>, tokens: Partial<GrantRecord['tokens']> = {}): GrantRecord {
  const set = {
    accessToken: 'another',
    tokenType: 'Bearer' as const,
    sentAt: NOW - DAY_MS,
    expiresAt: EXPIRY,
    lifetime: 'finite' as const,
    scope: undefined,
    refreshToken: undefined,
    extra: {},
    ...tokens,
  }
  return { ...emptyRecord(IDENTITY_HERE), fence: 1, generation: 1, tokens: set, writer: 'w', ...changes }
}

async function importOver(stored: GrantRecord, opened?: OpenedBundle) {
  const store = memoryStore({ clock: virtualClock(NOW) })
  await store.write(KEY, { value: encodeRecord(stored, 'writer'), expected: undefined })
  const results = await importBundle(opened ?? (await openedBundle()), store, { clock: at(NOW + 60_000) })
  return { outcome: results[0]?.outcome, after: await storedRecord(store) }
}

describe('an imported token', () => {
  it.each(['follower', 'renewer'] as const)(
    'is served by a %s until it expires, without a network',
    async role => {
      const clock = virtualClock(NOW + 60_000)
      const store = memoryStore({ clock })
      const results = await importBundle(await openedBundle(), store, { clock })
      expect(results.map(({ outcome }) => outcome)).toEqual(['imported'])
      const { source, transport } = sourceOn(store, role, clock)
      for (let day = 0; day < 26; day++) {
        expect((await source.token()).accessToken).toBe(TOKEN)
        clock.jump(DAY_MS)
      }
      expect(transport.requests).toEqual([])
      clock.jump(EXPIRY - SKEW_MS - 60_000 - clock.now())
      expect((await source.token()).accessToken).toBe(TOKEN)
      await clock.advance(120_000)
      const waiting = failureOf(source.token({ timeoutMs: 1_000 }))
      await clock.advance(2_000)
      expect((await waiting).code).toBe(role === 'follower' ? 'follower_waits' : 'transport_failed')
      if (role === 'follower') expect(transport.requests).toEqual([])
      else expect(transport.requests.length).toBeGreaterThan(0)
      await source.close()
    },
  )

  it('is there after a restart, in a store on the disk', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evergrant-import-'))
    try {
      const lasting = grant({ identity: IDENTITY_HERE, token: { accessToken: TOKEN, expiresAt: Infinity } })
      const first = fileStore({ directory })
      await importBundle(await open(await bundle({ grants: [lasting] })), first, { clock: at(NOW) })
      await first.close?.()
      const second = fileStore({ directory })
      const { source, transport } = sourceOn(second, 'renewer')
      expect(await source.token()).toMatchObject({ accessToken: TOKEN, lifetime: 'never' })
      expect(transport.requests).toEqual([])
      await source.close()
      await second.close?.()
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('is not served to a source of another identity', async () => {
    const store = memoryStore()
    await importBundle(await open(await bundle()), store, { clock: at(NOW) })
    const { source, clock } = sourceOn(store, 'follower')
    const waiting = failureOf(source.token({ timeoutMs: 1_000 }))
    await clock.advance(2_000)
    expect((await waiting).code).toBe('follower_waits')
    await source.close()
  })

  it('is taken over by a process that runs already', async () => {
    const store = memoryStore({ clock: virtualClock(NOW) })
    const { source, clock } = sourceOn(store, 'follower')
    const waiting = source.token({ timeoutMs: 120_000 })
    await clock.advance(1_000)
    await importBundle(await openedBundle(), store, { clock })
    await clock.advance(60_000)
    expect((await waiting).accessToken).toBe(TOKEN)
    await source.close()
  })
})

describe('what the store holds', () => {
  it.each([
    ['a token that lives as long', record({}), 'newer'],
    [
      'a usable token of a later generation',
      record({ fence: 2, generation: 2 }, { expiresAt: NOW + DAY_MS }),
      'newer',
    ],
    ['the same token', record({ rejected: true }, { accessToken: TOKEN }), 'known'],
    [
      'a refresh token that is being spent',
      record({ spentAt: NOW }, { refreshToken: 'r', expiresAt: NOW }),
      'busy',
    ],
    [
      'a refresh token under a lease',
      record({ fence: 2, lease: { holder: 'h' } }, { refreshToken: 'r', expiresAt: NOW }),
      'busy',
    ],
  ])('stays where it is %s', async (_, stored, outcome) => {
    expect(await importOver(stored)).toEqual({ outcome, after: stored })
  })

  it.each([
    ['a token that has expired', record({ fence: 7, generation: 7 }, { expiresAt: NOW })],
    ['a token that was rejected', record({ fence: 7, generation: 7, rejected: true })],
    ['a shorter one of the same generation', record({ fence: 7 }, { expiresAt: NOW + DAY_MS })],
    ['the trace of a grant that was dropped', { ...record({ fence: 7, generation: 7 }), tokens: undefined }],
    [
      'a lease on a token that can be asked for again',
      record({ fence: 7, lease: { holder: 'h' } }, { expiresAt: NOW }),
    ],
  ])('makes way where it is %s, to a higher number', async (_, stored) => {
    const { outcome, after } = await importOver(stored)
    expect([outcome, after.tokens?.accessToken]).toEqual(['imported', TOKEN])
    expect([after.fence, after.generation]).toEqual([8, 8])
  })

  it('keeps its refresh token beside the imported access token', async () => {
    const { outcome, after } = await importOver(record({}, { refreshToken: REFRESH_TOKEN, expiresAt: NOW }))
    expect([outcome, after.tokens?.refreshToken]).toEqual(['imported', REFRESH_TOKEN])
  })

  it('is left alone when a later version has written it', async () => {
    const store = memoryStore()
    const value = encodeRecord(record({}), 'writer').replace('"format":1', '"format":2')
    await store.write(KEY, { value, expected: undefined })
    const failure = await failureOf(importBundle(await openedBundle(), store, { clock: at(NOW) }))
    expect([failure.code, (await store.read(KEY))?.value]).toEqual(['record_newer', value])
  })

  it('is read again when somebody else writes in between', async () => {
    const store = memoryStore()
    const later = encodeRecord(record({ fence: 9, generation: 9 }), 'writer')
    const racing: Store = {
      ...store,
      read: async key => {
        const entry = await store.read(key)
        if (key === KEY && entry === undefined) await store.write(KEY, { value: later, expected: undefined })
        return entry
      },
    }
    const results = await importBundle(await openedBundle(), racing, { clock: at(NOW) })
    expect([results[0]?.outcome, (await store.read(KEY))?.value]).toEqual(['newer', later])
  })
})

describe('an import', () => {
  it('is refused once the bundle has expired, and by a clock that was set back', async () => {
    const store = memoryStore()
    const opened = await openedBundle()
    expect((await failureOf(importBundle(opened, store, { clock: at(NOW + DAY_MS) }))).code).toBe(
      'bundle_expired',
    )
    await clockMemory(store).saw(NOW + 2 * DAY_MS)
    expect((await failureOf(importBundle(opened, store, { clock: at(NOW) }))).code).toBe('clock_set_back')
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('leaves out what has expired on its way', async () => {
    const brief = grant({
      identity: { ...IDENTITY_HERE, subject: 'brief' },
      token: { accessToken: 'brief', expiresAt: NOW + 60_000 },
    })
    const opened = await open(await bundle({ grants: [brief, theGrant()] }))
    const results = await importBundle(opened, memoryStore(), { clock: at(NOW + 60_000) })
    expect(results.map(({ outcome }) => outcome)).toEqual(['expired', 'imported'])
  })

  it('takes nothing that was not opened', async () => {
    const lookalike = { ...(await openedBundle()) } as OpenedBundle
    expect((await failureOf(importBundle(lookalike, memoryStore()))).code).toBe('invalid_option')
  })
})
