import { randomBytes } from 'node:crypto'
import type { Secret } from '@evergrant/core'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { damaged, refused } from './bundle-failure.ts'
import {
  BUNDLE_FORMAT,
  BUNDLE_TYPE,
  type BundleHeader,
  CONTENT_ENCRYPTION,
  KEY_ALGORITHM,
  PASSPHRASE_ALGORITHM,
} from './bundle-header.ts'
import { type PrivateKey, type PublicKey, readyPrivateKey, readyPublicKey } from './bundle-key.ts'
import {
  type DeriveKey,
  requirePassphrase,
  SALT_BYTES,
  type ScryptCost,
  scryptMember,
} from './passphrase-key.ts'

/** Who shall be able to open a bundle. */
export type Recipient = { readonly publicKey: PublicKey } | { readonly passphrase: string | Secret }

/** What a bundle is opened with. */
export type Opener = { readonly key: PrivateKey } | { readonly passphrase: string | Secret }

/** Encrypts for one recipient. */
export interface Seal {
  /** The recipient's name, which belongs into what is signed. */
  readonly recipient: string
  encrypt(content: string, validity: Pick<BundleHeader, 'issuedAt' | 'expiresAt'>): Promise<string>
}

/** Gets ready to encrypt for `recipient`. Rejects with `key_unusable` or `invalid_option`. */
export async function sealFor(recipient: Recipient, derive: DeriveKey, cost: ScryptCost): Promise<Seal> {
  if ('publicKey' in recipient) {
    const { key, name } = await readyPublicKey(recipient.publicKey, 'encrypt')
    return seal(name, key, { alg: KEY_ALGORITHM })
  }
  const salted = { ...cost, salt: randomBytes(SALT_BYTES).toString('base64url') }
  const { key, name } = await derive(requirePassphrase(await textOf(recipient.passphrase)), salted)
  return seal(name, key, { alg: PASSPHRASE_ALGORITHM, scrypt: scryptMember(salted) })
}

function seal(
  recipient: string,
  key: Parameters<CompactEncrypt['encrypt']>[0],
  how: { readonly alg: string; readonly scrypt?: Record<string, unknown> },
): Seal {
  return {
    recipient,
    encrypt: (content, { issuedAt, expiresAt }) =>
      new CompactEncrypt(new TextEncoder().encode(content))
        .setProtectedHeader({
          typ: BUNDLE_TYPE,
          format: BUNDLE_FORMAT,
          enc: CONTENT_ENCRYPTION,
          kid: recipient,
          iat: issuedAt / 1_000,
          exp: expiresAt / 1_000,
          ...how,
        })
        .encrypt(key),
  }
}

/** Decrypts a bundle. Rejects with the reason why that cannot be done, by `header` or by what happens. */
export async function unseal(
  text: string,
  header: BundleHeader,
  opener: Opener,
  derive: DeriveKey,
): Promise<string> {
  const key = await keyFor(header, opener, derive)
  try {
    const { plaintext } = await compactDecrypt(text, key, {
      keyManagementAlgorithms: [KEY_ALGORITHM, PASSPHRASE_ALGORITHM],
      contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
    })
    return new TextDecoder('utf-8', { fatal: true }).decode(plaintext)
  } catch {
    throw damaged('it does not decrypt, although it is meant for this recipient')
  }
}

async function keyFor({ sealing, recipient, cost }: BundleHeader, opener: Opener, derive: DeriveKey) {
  if ('key' in opener) {
    if (sealing === 'passphrase') throw mismatch('It is encrypted with a passphrase, not to a key.')
    const { key, name } = await readyPrivateKey(opener.key, 'encrypt')
    if (name !== recipient) throw mismatch('It is encrypted to another key.')
    return key
  }
  if (cost === undefined) throw mismatch('It is encrypted to a key, not with a passphrase.')
  const { key, name } = await derive(await textOf(opener.passphrase), cost)
  if (name !== recipient) throw refused('bundle_wrong_passphrase')
  return key
}

export function mismatch(why: string): Error {
  return refused('bundle_wrong_recipient', { message: `The bundle is not for this recipient. ${why}` })
}

async function textOf(from: string | Secret): Promise<string> {
  return typeof from === 'string' ? from : await from.read()
}
