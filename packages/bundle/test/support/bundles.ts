import { EvergrantError, type GrantIdentityInput } from '@evergrant/core'
import { type BundleKeys, generateBundleKeys } from '../../src/bundle-key.ts'
import { type CreateBundleOptions, createBundleBy } from '../../src/create-bundle.ts'
import { type OpenBundleOptions, openBundleBy } from '../../src/open-bundle.ts'
import type { OpenedBundle } from '../../src/opened-bundle.ts'
import { type DeriveKey, type PassphraseKey, scryptKey } from '../../src/passphrase-key.ts'

/** 2026-01-01T00:00:00Z. */
export const NOW = 1_767_225_600_000
export const DAY_MS = 86_400_000

export const TOKEN = '24.canary0f5a7c1d93b2e84.2592000.1769817600.282335-1234567'
export const REFRESH_TOKEN = '25.canary8e1b6d40c2f795a.315360000.2082758400.282335-1234567'
export const PASSPHRASE = 'correct horse battery staple'

export const IDENTITY: GrantIdentityInput = {
  provider: 'baidu',
  tokenEndpoint: 'https://aip.baidubce.com/oauth/2.0/token',
  clientId: 'the-id',
  grantType: 'client_credentials',
}

export const signer: BundleKeys = await generateBundleKeys('sign')
export const stranger: BundleKeys = await generateBundleKeys('sign')
export const recipient: BundleKeys = await generateBundleKeys('encrypt')
export const other: BundleKeys = await generateBundleKeys('encrypt')

export const at = (ms: number) => ({ now: () => ms })

/** Real scrypt, at a cost that a test can pay many times; and each result but once. */
const derived = new Map<string, Promise<PassphraseKey>>()
const CHEAP = { N: 2 ** 10 }
const deriveOnce: DeriveKey = (passphrase, cost) => {
  const name = JSON.stringify([passphrase, cost])
  const found = derived.get(name) ?? scryptKey(passphrase, cost)
  derived.set(name, found)
  return found
}

export function grant(changes: Partial<CreateBundleOptions['grants'][number]> = {}) {
  return { identity: IDENTITY, token: { accessToken: TOKEN, expiresAt: NOW + 30 * DAY_MS }, ...changes }
}

/** A bundle for `recipient`, by `signer`, made at `NOW` for a day; unless the changes say otherwise. */
export function bundle(changes: Partial<CreateBundleOptions> = {}): Promise<string> {
  return createBundleBy(deriveOnce, CHEAP, {
    grants: [grant()],
    for: { publicKey: recipient.publicKey },
    signWith: signer.privateKey,
    clock: at(NOW),
    ...changes,
  })
}

type Opening = Partial<Omit<OpenBundleOptions, 'key' | 'passphrase'>> & { key?: unknown; passphrase?: string }

/** Opens as `recipient`, who trusts `signer`, a minute after `NOW`; unless the changes say otherwise. */
export function open(text: string, { key, passphrase, ...changes }: Opening = {}): Promise<OpenedBundle> {
  const opener = passphrase === undefined ? { key: (key ?? recipient.privateKey) as string } : { passphrase }
  return openBundleBy(deriveOnce, text, {
    trusted: [signer.publicKey],
    clock: at(NOW + 60_000),
    ...changes,
    ...opener,
  })
}

/** What a promise rejects with. Fails when it does not, or with anything but an `EvergrantError`. */
export async function failureOf(promise: Promise<unknown>): Promise<EvergrantError> {
  const outcome = await promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  )
  if (EvergrantError.is(outcome)) return outcome
  throw new Error(`no failure of Evergrant: ${String(outcome)}`)
}
