import { describe, expect, it } from 'vitest'
import { inspectBundle, openBundle } from '../src/index.ts'
import { scryptKey } from '../src/passphrase-key.ts'
import { at } from './support/bundles.ts'
import {
  BUNDLE_TO_KEY,
  BUNDLE_TO_PASSPHRASE,
  FIXED_PASSPHRASE,
  FIXED_TOKEN,
  MADE_AT,
  RECIPIENT_PRIVATE,
  SIGNER_PUBLIC,
} from './support/format-1.ts'

const trust = { trusted: [SIGNER_PUBLIC], clock: at(MADE_AT) }
/** The bytes 0 to 15. */
const SALT = 'AAECAwQFBgcICQoLDA0ODw'

describe('format 1', () => {
  it.each([
    ['a key', BUNDLE_TO_KEY, { key: RECIPIENT_PRIVATE }],
    ['a passphrase', BUNDLE_TO_PASSPHRASE, { passphrase: FIXED_PASSPHRASE }],
  ])('opens a bundle of long ago by %s', async (_, text, opener) => {
    const opened = await openBundle(text, { ...trust, ...opener })
    expect(opened).toMatchObject({ issuer: 'the head office', purpose: 'plant 7', issuedAt: MADE_AT })
    const [grant] = opened.grants
    expect(grant?.key).toBe('evergrant:1:32c548d005b9a20908a1098185c710a518f71b0bdf1e72f5dc8d9b64eedef5b1')
    expect([grant?.accessToken, grant?.scope, grant?.record.generation]).toEqual([
      FIXED_TOKEN,
      ['brain_all_scope'],
      3,
    ])
  })

  it('asks as much of who guesses a passphrase as it says', () => {
    expect(inspectBundle(BUNDLE_TO_PASSPHRASE).sealing).toBe('passphrase')
    const header = JSON.parse(Buffer.from(BUNDLE_TO_PASSPHRASE.split('.')[0] ?? '', 'base64url').toString())
    expect(header).toMatchObject({ alg: 'dir', enc: 'A256GCM', scrypt: { N: 131_072, r: 8, p: 1 } })
  })

  // The expected bytes are those of another implementation of RFC 7914.
  it.each([
    [
      1_024,
      '9a9f74cc441de571a18c4bf8580ad51f86745d14b39065ad24ad92fc05c99515',
      'vkAPTMp5vk4n8WbPT8fCrLyXUhAxWgASfIOm8HNXIAs',
    ],
    [
      131_072,
      '1b2946da71f41179e83b99dc33842d15741b87c4121c8c7f3781c1df864fb58b',
      '4EKOarybbdy98aBuisJ0CV14uD2o7znW8wlPB2tx3lw',
    ],
  ])('derives key and name of a passphrase by scrypt with N = %s', async (N, key, name) => {
    const derived = await scryptKey(FIXED_PASSPHRASE, { N, salt: SALT })
    expect([Buffer.from(derived.key).toString('hex'), derived.name]).toEqual([key, name])
  })
})
