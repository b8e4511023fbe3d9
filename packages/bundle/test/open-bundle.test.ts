import { inspect } from 'node:util'
import { EvergrantError, REDACTED } from '@evergrant/core'
import { secret } from '@evergrant/runtime'
import { memoryStore } from '@evergrant/store-memory'
import { CompactEncrypt, CompactSign, compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  clockMemory,
  createBundle,
  inspectBundle,
  openBundle,
  requirePrivateKey,
  requirePublicKey,
} from '../src/index.ts'
import { scryptKey } from '../src/passphrase-key.ts'
import {
  at,
  bundle,
  DAY_MS,
  failureOf,
  grant,
  IDENTITY,
  NOW,
  open,
  other,
  PASSPHRASE,
  REFRESH_TOKEN,
  recipient,
  signer,
  stranger,
  TOKEN,
} from './support/bundles.ts'

const codeOf = async (promise: Promise<unknown>) => (await failureOf(promise)).code

describe('a bundle', () => {
  it('opens for its recipient, with everything that was put in', async () => {
    const opened = await open(await bundle({ issuer: 'the head office', purpose: 'plant 7' }))
    expect(opened).toMatchObject({
      recipient: recipient.name,
      signer: signer.name,
      issuer: 'the head office',
      purpose: 'plant 7',
      issuedAt: NOW,
      expiresAt: NOW + DAY_MS,
    })
    expect(opened.grants.map(each => [each.accessToken, each.expiresAt, each.identity.clientId])).toEqual([
      [TOKEN, NOW + 30 * DAY_MS, 'the-id'],
    ])
  })

  it('keeps every part of an identity', async () => {
    const identity = {
      ...IDENTITY,
      grantType: 'token_exchange' as const,
      subject: 'a subject',
      scopes: ['b', 'a'],
      audience: 'an audience',
      resources: ['https://r.example'],
      actor: 'an actor',
      parameters: [['name', 'value']] as const,
      refreshScopes: ['a'],
    }
    const opened = await open(await bundle({ grants: [grant({ identity }), grant()] }))
    expect(opened.grants[0]?.identity).toEqual({ ...identity, scopes: ['a', 'b'] })
    expect(new Set(opened.grants.map(({ key }) => key)).size).toBe(2)
  })

  it('opens with its passphrase, however that was typed, and with secrets that are read late', async () => {
    const text = await bundle({ for: { passphrase: secret(() => `Überraschung ${PASSPHRASE}`) } })
    const opened = await open(text, { passphrase: `U\u0308berraschung ${PASSPHRASE}` })
    expect(opened.grants[0]?.accessToken).toBe(TOKEN)
  })

  it.each([
    ['Ed25519', 'X25519'],
    ['P-256', 'P-256'],
  ])('is signed on %s and encrypted on %s', async (signing, encrypting) => {
    const pairs = [
      await generateKeyPair(signing === 'P-256' ? 'ES256' : 'EdDSA', { extractable: true }),
      await generateKeyPair('ECDH-ES+A256KW', { crv: encrypting, extractable: true }),
    ] as const
    const [sign, encrypt] = pairs
    const text = await createBundle({
      grants: [grant()],
      for: { publicKey: JSON.stringify(await exportJWK(encrypt.publicKey)) },
      signWith: JSON.stringify(await exportJWK(sign.privateKey)),
      clock: at(NOW),
    })
    const opened = await openBundle(text, {
      key: secret(async () => JSON.stringify(await exportJWK(encrypt.privateKey))),
      trusted: [await exportJWK(sign.publicKey)],
      clock: at(NOW),
    })
    expect(opened.grants[0]?.accessToken).toBe(TOKEN)
  })

  it('shows nothing of its tokens when it is printed', async () => {
    const opened = await open(await bundle())
    const printed = [inspect(opened, { depth: 9, showHidden: true }), JSON.stringify(opened), `${opened}`]
    expect(printed.join()).not.toContain('canary')
    expect(printed[1]).toContain(opened.grants[0]?.fingerprint)
    expect(printed.join()).not.toContain(REDACTED)
  })

  it('tells everybody whom it is for and until when, and nothing else', async () => {
    const facts = { format: 1, issuedAt: NOW, expiresAt: NOW + DAY_MS }
    const toKey = await bundle({ issuer: 'the head office' })
    expect(inspectBundle(toKey)).toEqual({ ...facts, sealing: 'key', recipient: recipient.name })
    const toPassphrase = await bundle({ for: { passphrase: PASSPHRASE } })
    expect(inspectBundle(toPassphrase)).toEqual({
      ...facts,
      sealing: 'passphrase',
      recipient: expect.any(String),
    })
    const header = Buffer.from(toKey.split('.')[0] ?? '', 'base64url').toString()
    expect(Object.keys(JSON.parse(header)).sort()).toEqual([
      'alg',
      'enc',
      'epk',
      'exp',
      'format',
      'iat',
      'kid',
      'typ',
    ])
  })

  it('carries refresh tokens only when that is asked for, and single-use ones never', async () => {
    const reusable = grant({ refreshToken: REFRESH_TOKEN, refreshTokenUse: 'reusable' })
    const without = await open(await bundle({ grants: [reusable] }))
    expect(without.grants[0]?.record.tokens?.refreshToken).toBeUndefined()
    const opened = await open(await bundle({ grants: [reusable], includeRefreshTokens: true }))
    expect(opened.grants[0]?.record.tokens?.refreshToken).toBe(REFRESH_TOKEN)
    const single = bundle({ grants: [grant({ refreshToken: REFRESH_TOKEN })], includeRefreshTokens: true })
    const { code, message } = await failureOf(single)
    expect([code, message]).toEqual([
      'invalid_option',
      expect.stringContaining('uses it second ends the grant'),
    ])
  })
})

describe('a bundle is refused', () => {
  it.each([
    ['by who has another key', {}, { key: other.privateKey }, 'bundle_wrong_recipient'],
    ['by who has a passphrase instead of the key', {}, { passphrase: PASSPHRASE }, 'bundle_wrong_recipient'],
    [
      'by who has a key instead of the passphrase',
      { for: { passphrase: PASSPHRASE } },
      {},
      'bundle_wrong_recipient',
    ],
    [
      'with another passphrase',
      { for: { passphrase: PASSPHRASE } },
      { passphrase: `${PASSPHRASE}r` },
      'bundle_wrong_passphrase',
    ],
    ['when a stranger has signed it', { signWith: stranger.privateKey }, {}, 'bundle_signer_unknown'],
    ['once it has expired', {}, { clock: at(NOW + DAY_MS) }, 'bundle_expired'],
    ['before it was made', {}, { clock: at(NOW - 300_001) }, 'bundle_not_yet_valid'],
    ['when it is of another provider', {}, { providers: ['another'] }, 'bundle_foreign'],
    ['when it is of another issuer', { issuer: 'one' }, { issuer: 'two' }, 'bundle_foreign'],
    ['when it is for another purpose', {}, { purpose: 'plant 7' }, 'bundle_foreign'],
  ])('%s', async (_, making, opening, code) => {
    const failure = await failureOf(open(await bundle(making), opening))
    expect(failure.code).toBe(code)
    expect(inspect(failure, { depth: 9 })).not.toContain('canary')
  })

  it('just not while it is valid, give or take what clocks are apart', async () => {
    const text = await bundle()
    for (const now of [NOW - 300_000, NOW, NOW + DAY_MS - 1]) {
      expect((await open(text, { clock: at(now), providers: ['baidu', 'x'] })).grants).toHaveLength(1)
    }
  })

  it('by whoever gets it from a recipient who has encrypted it anew', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(await bundle(), recipient.privateKey)
    const passedOn = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ ...without(protectedHeader, 'epk'), kid: other.name })
      .encrypt(other.publicKey)
    const { code, message } = await failureOf(open(passedOn, { key: other.privateKey }))
    expect([code, message]).toEqual([
      'bundle_wrong_recipient',
      expect.stringContaining('signed for somebody else'),
    ])
  })

  it('by whoever gets it with another passphrase, be the salt the same', async () => {
    const text = await bundle({ for: { passphrase: PASSPHRASE } })
    const header = JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString())
    const { key } = await scryptKey(PASSPHRASE, header.scrypt)
    const { plaintext, protectedHeader } = await compactDecrypt(text, key)
    const theirs = await scryptKey('another passphrase', header.scrypt)
    const passedOn = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ ...protectedHeader, kid: theirs.name })
      .encrypt(theirs.key)
    const { code, message } = await failureOf(open(passedOn, { passphrase: 'another passphrase' }))
    expect([code, message]).toEqual([
      'bundle_wrong_recipient',
      expect.stringContaining('signed for somebody else'),
    ])
  })

  it('when its recipient has lengthened its life', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(await bundle(), recipient.privateKey)
    const longer = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ ...without(protectedHeader, 'epk'), exp: NOW })
      .encrypt(recipient.publicKey)
    expect(await codeOf(open(longer))).toBe('bundle_damaged')
  })

  it('when its recipient has changed what was signed', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(await bundle(), recipient.privateKey)
    const signed = new TextDecoder().decode(plaintext).split('.')
    const content = JSON.parse(Buffer.from(signed[1] ?? '', 'base64url').toString())
    const forged = [
      signed[0],
      Buffer.from(JSON.stringify({ ...content, iss: 'x' })).toString('base64url'),
      signed[2],
    ]
    for (const each of [forged.join('.'), 'no signature', '..', `${signed[0]}.${signed[1]}.`]) {
      const text = await new CompactEncrypt(new TextEncoder().encode(each))
        .setProtectedHeader(without(protectedHeader, 'epk'))
        .encrypt(recipient.publicKey)
      expect(['bundle_signer_unknown', 'bundle_damaged']).toContain(await codeOf(open(text)))
    }
  })

  it.each([
    ['of a later format', { format: 2 }, 'bundle_newer'],
    ['of no format', { format: 'x' }, 'bundle_damaged'],
    ['without grants', { grants: [] }, 'bundle_damaged'],
    ['with a grant that is none', { grants: [{}] }, 'bundle_damaged'],
    ['without a recipient', { aud: 7 }, 'bundle_damaged'],
    ['that clears the screen', { iss: '\u001b[2J' }, 'bundle_damaged'],
  ])('when its maker has signed something %s', async (_, changes, code) => {
    const { plaintext, protectedHeader } = await compactDecrypt(await bundle(), recipient.privateKey)
    const [, payload] = new TextDecoder().decode(plaintext).split('.')
    const content = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), ...changes }
    const resigned = await new CompactSign(new TextEncoder().encode(JSON.stringify(content)))
      .setProtectedHeader({ typ: 'evergrant-bundle-content', alg: 'ES256', kid: signer.name })
      .sign(signer.privateKey)
    const text = await new CompactEncrypt(new TextEncoder().encode(resigned))
      .setProtectedHeader(without(protectedHeader, 'epk'))
      .encrypt(recipient.publicKey)
    expect(await codeOf(open(text))).toBe(code)
  })

  it('when what was signed was signed for something else', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(await bundle(), recipient.privateKey)
    const [, payload] = new TextDecoder().decode(plaintext).split('.')
    const resigned = await new CompactSign(Buffer.from(payload ?? '', 'base64url'))
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256', kid: signer.name })
      .sign(signer.privateKey)
    const text = await new CompactEncrypt(new TextEncoder().encode(resigned))
      .setProtectedHeader(without(protectedHeader, 'epk'))
      .encrypt(recipient.publicKey)
    expect(await codeOf(open(text))).toBe('bundle_signer_unknown')
  })

  it.each([
    ['no bundle', 'bundle_damaged'],
    ['', 'bundle_damaged'],
    ['a.b.c.d.e', 'bundle_damaged'],
    ['x'.repeat(1_048_577), 'bundle_too_large'],
    [header({ typ: 'JWT' }), 'bundle_damaged'],
    [header({ typ: 'evergrant-bundle', format: 2 }), 'bundle_newer'],
    [header({ typ: 'evergrant-bundle', format: 1, zip: 'DEF' }), 'bundle_damaged'],
  ])('when it is something else: no. %#', async (text, code) => {
    expect(await codeOf(open(text))).toBe(code)
    expect(() => inspectBundle(text)).toThrow(expect.objectContaining({ code }))
  })

  it.each(['iat', 'exp'])('when its %s is of a time that no calendar has', async name => {
    const [first, ...rest] = (await bundle()).split('.')
    const members = JSON.parse(Buffer.from(first ?? '', 'base64url').toString())
    const [far] = header({ ...members, [name]: 9e15 }).split('.')
    expect(() => inspectBundle([far, ...rest].join('.'))).toThrow('no bundle')
  })

  it.each([2 ** 19, 2 ** 17 + 1, 0, 1])(
    'when it asks for scrypt with N = %s, before any work is done',
    async N => {
      const text = await bundle({ for: { passphrase: PASSPHRASE } })
      const [first, ...rest] = text.split('.')
      const members = JSON.parse(Buffer.from(first ?? '', 'base64url').toString())
      const greedy = [header({ ...members, scrypt: { ...members.scrypt, N } }).split('.')[0], ...rest].join(
        '.',
      )
      expect(() => inspectBundle(greedy)).toThrow(EvergrantError)
      expect(await codeOf(open(greedy, { passphrase: PASSPHRASE }))).toBe('bundle_damaged')
    },
  )
})

describe('a clock that was set back', () => {
  it('is noticed by whoever remembers a later time, and by how much', async () => {
    const memory = clockMemory(memoryStore())
    const [early, late] = [await bundle(), await bundle({ clock: at(NOW + 20 * DAY_MS) })]
    await open(early, { memory })
    await open(late, { memory, clock: at(NOW + 20 * DAY_MS) })
    const { code, message } = await failureOf(open(early, { memory }))
    expect([code, message]).toEqual(['clock_set_back', expect.stringContaining('has shown 2026-01-21')])
    await memory.forget()
    expect((await open(early, { memory })).grants).toHaveLength(1)
  })

  it('is not confused with a clock that is corrected by minutes', async () => {
    const memory = clockMemory(memoryStore())
    await open(await bundle(), { memory, clock: at(NOW + 300_000) })
    expect((await open(await bundle(), { memory, clock: at(NOW) })).grants).toHaveLength(1)
    expect(await memory.latest()).toBe(NOW + 300_000)
  })

  it.each(['', '{}', '[]', '{"format":1,"latestAt":9e15}', '{"format":1,"latestAt":"x"}'])(
    'is not seen in what is no memory: %s',
    async value => {
      const store = memoryStore()
      await store.write('evergrant:1:clock', { value, expected: undefined })
      const memory = clockMemory(store)
      expect((await open(await bundle(), { memory })).grants).toHaveLength(1)
      expect(await memory.latest()).toBe(NOW + 60_000)
    },
  )

  it('is not remembered by what a stranger has signed', async () => {
    const memory = clockMemory(memoryStore())
    const text = await bundle({ signWith: stranger.privateKey })
    await failureOf(open(text, { memory }))
    expect(await memory.latest()).toBeUndefined()
  })
})

describe('a bundle is not made', () => {
  it.each([
    ['of nothing', { grants: [] }],
    ['of one grant twice', { grants: [grant(), grant()] }],
    ['of a token that has expired', { grants: [grant({ token: { accessToken: TOKEN, expiresAt: NOW } })] }],
    ['of what is no token', { grants: [grant({ token: { accessToken: 'a b', expiresAt: NOW + DAY_MS } })] }],
    ['for less than a minute', { validForMs: 59_999 }],
    ['for ever', { validForMs: Number.POSITIVE_INFINITY }],
    ['with a passphrase that is soon guessed', { for: { passphrase: 'hunter2' } }],
    ['by an issuer of too many words', { issuer: 'x'.repeat(201) }],
    ['for a purpose that clears the screen', { purpose: '\u001b[2J' }],
  ])('%s', async (_, changes) => {
    expect(await codeOf(bundle(changes))).toBe('invalid_option')
  })

  it.each([
    ['a public one', signer.publicKey],
    ['one that is made to encrypt', recipient.privateKey],
    ['no JWK', '{"d":"canary'],
    ['on another curve', { kty: 'EC', crv: 'P-1', d: 'canary' }],
    ['damaged', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'canary' }],
  ])('with a key that is %s, which is not quoted', async (_, signWith) => {
    const failure = await failureOf(bundle({ signWith }))
    expect(failure.code).toBe('key_unusable')
    expect(inspect(failure, { depth: 9 })).not.toContain('canary')
    expect((await failureOf(requirePrivateKey(signWith, 'sign'))).message).toBe(failure.message)
  })

  it('with a key that was found to be none, and with any other it is', async () => {
    await requirePrivateKey(signer.privateKey, 'sign')
    await requirePublicKey(signer.publicKey, 'sign')
    expect(await codeOf(requirePrivateKey(signer.privateKey, 'encrypt'))).toBe('key_unusable')
    expect(await codeOf(requirePublicKey(signer.publicKey, 'encrypt'))).toBe('key_unusable')
    expect(await codeOf(requirePublicKey('no key', 'sign'))).toBe('key_unusable')
  })

  it('to be opened by whoever trusts nobody', async () => {
    expect(await codeOf(open(await bundle(), { trusted: [] }))).toBe('invalid_option')
  })
})

function header(members: object): string {
  return `${Buffer.from(JSON.stringify(members)).toString('base64url')}....`
}

function without<Members extends object>(members: Members, name: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([each]) => each !== name)) as Members
}
