import { scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { MembersReader } from '@evergrant/core'
import { damaged, invalidOption } from './bundle-failure.ts'

/** How much work and memory one guess of a passphrase takes (RFC 7914 §2). */
export interface ScryptCost {
  /** A power of two. Memory is 1,024 bytes times this. */
  readonly N: number
}

export interface SaltedCost extends ScryptCost {
  /** 16 random bytes in base64url, new for every bundle. */
  readonly salt: string
}

/** What a passphrase becomes. */
export interface PassphraseKey {
  /** 32 bytes, of this bundle alone. */
  readonly key: Uint8Array
  /** Proves, to who knows the passphrase only, that it is the one; stands where a key's thumbprint would. */
  readonly name: string
}

/** Makes a key of a passphrase: `scryptKey`, or what remembers its results. */
export type DeriveKey = (passphrase: string, cost: SaltedCost) => Promise<PassphraseKey>

/** 128 MiB and about half a second for each guess. */
export const SCRYPT_COST: ScryptCost = { N: 2 ** 17 }

/** The most that a bundle may ask for before anything about it is proven: 256 MiB. */
const N_MAX = 2 ** 18
const BLOCK_SIZE = 8
const PARALLELIZATION = 1
const KEY_BYTES = 32
export const SALT_BYTES = 16

const PASSPHRASE_CHARS_MIN = 12
const PASSPHRASE_CHARS_MAX = 1_024

const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt)

/**
 * Derives 64 bytes by scrypt: the first half encrypts, the second half names the passphrase. Neither tells anything
 * about the other, and no two bundles share them, because no two share a salt.
 */
export const scryptKey: DeriveKey = async (passphrase, { N, salt }) => {
  const maxmem = 128 * BLOCK_SIZE * (N + PARALLELIZATION + 2)
  const bytes = await derive(normalized(passphrase), Buffer.from(salt, 'base64url'), 2 * KEY_BYTES, {
    N,
    r: BLOCK_SIZE,
    p: PARALLELIZATION,
    maxmem,
  })
  return {
    key: new Uint8Array(bytes.subarray(0, KEY_BYTES)),
    name: bytes.subarray(KEY_BYTES).toString('base64url'),
  }
}

/** The same passphrase typed on another keyboard (RFC 8265 §4.2). */
function normalized(passphrase: string): string {
  return passphrase.normalize('NFC')
}

/** Throws `invalid_option` for a passphrase that no derivation can save. */
export function requirePassphrase(passphrase: string): string {
  const { length } = passphrase
  if (length >= PASSPHRASE_CHARS_MIN && length <= PASSPHRASE_CHARS_MAX) return passphrase
  throw invalidOption(
    `the passphrase has ${length} characters, not ${PASSPHRASE_CHARS_MIN} to ${PASSPHRASE_CHARS_MAX}`,
  )
}

/** As the header of a bundle has it. */
export function scryptMember({ N, salt }: SaltedCost): Record<string, unknown> {
  return { N, r: BLOCK_SIZE, p: PARALLELIZATION, salt }
}

/** Reads what a header asks for, and refuses what would keep this machine busy for somebody who has proven nothing. */
export function readScryptCost(reader: MembersReader): SaltedCost {
  const N = reader.count('N')
  const salt = reader.text('salt')
  const bounded = N >= 2 && N <= N_MAX && Number.isInteger(Math.log2(N))
  const fixed = reader.count('r') === BLOCK_SIZE && reader.count('p') === PARALLELIZATION
  const bytes = Buffer.from(salt, 'base64url')
  if (!bounded || !fixed || bytes.length !== SALT_BYTES || bytes.toString('base64url') !== salt) {
    throw damaged('what it asks for to derive its key is out of bounds')
  }
  return { N, salt }
}
