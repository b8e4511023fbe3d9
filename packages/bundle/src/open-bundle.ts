import type { Clock } from '@evergrant/core'
import { compactVerify, type JWK } from 'jose'
import { type BundleContent, readContent } from './bundle-content.ts'
import { damaged, invalidOption, refused } from './bundle-failure.ts'
import { type BundleHeader, CONTENT_TYPE, readBundleHeader } from './bundle-header.ts'
import { type PublicKey, type ReadyKey, readyPublicKey } from './bundle-key.ts'
import { CLOCK_TOLERANCE_MS, type ClockMemory, requireForward } from './clock-memory.ts'
import { OpenedBundle } from './opened-bundle.ts'
import { type DeriveKey, scryptKey } from './passphrase-key.ts'
import { mismatch, type Opener, unseal } from './recipient.ts'

interface OpenSettings {
  /** The public keys of those whose bundles are accepted, at least one. */
  readonly trusted: readonly PublicKey[]
  /** The providers whose tokens are accepted. Any by default. */
  readonly providers?: readonly string[]
  /** What the bundle has to say of its issuer. Anything by default. */
  readonly issuer?: string
  /** What the bundle has to say of its purpose. Anything by default. */
  readonly purpose?: string
  /** Notices a clock that was set back. Absent: nothing is remembered. */
  readonly memory?: ClockMemory
  /** How far the clocks of the two machines may be apart, in ms. 300,000 by default. Expiry has no tolerance. */
  readonly clockToleranceMs?: number
  /** The system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/** With what, and whom to believe. */
export type OpenBundleOptions = OpenSettings & Opener

/**
 * Decrypts and verifies a bundle. Nothing of it is returned before everything about it is as it has to be.
 *
 * Rejects with the reason: `bundle_too_large`, `bundle_newer`, `bundle_damaged`, `bundle_wrong_recipient`,
 * `bundle_wrong_passphrase`, `bundle_signer_unknown`, `bundle_foreign`, `clock_set_back`, `bundle_not_yet_valid`,
 * `bundle_expired`; and with `key_unusable` for a key that is none.
 */
export function openBundle(text: string, options: OpenBundleOptions): Promise<OpenedBundle> {
  return openBundleBy(scryptKey, text, options)
}

/** The same with another way from passphrases to keys. */
export async function openBundleBy(
  derive: DeriveKey,
  text: string,
  options: OpenBundleOptions,
): Promise<OpenedBundle> {
  const { trusted, clock = Date, clockToleranceMs = CLOCK_TOLERANCE_MS, memory } = options
  if (!(clockToleranceMs >= 0)) throw invalidOption(`clockToleranceMs is ${clockToleranceMs}`)
  if (trusted.length === 0) throw invalidOption('no key is trusted, so that no bundle could be opened')
  const signers = await Promise.all(trusted.map(key => readyPublicKey(key, 'sign')))
  const header = readBundleHeader(text)
  const signed = await unseal(text, header, options, derive)
  const { content, signer } = await verified(signed, signers)
  requireSameTerms(content, header)
  requireExpected(content, options)
  const now = clock.now()
  if (memory !== undefined) await requireForward(memory, now, clockToleranceMs)
  if (content.issuedAt > now + clockToleranceMs) throw refused('bundle_not_yet_valid')
  requireUnexpired(content, now)
  await memory?.saw(Math.max(now, content.issuedAt))
  return new OpenedBundle(content, signer)
}

async function verified(signed: string, signers: readonly ReadyKey[]) {
  const { kid, alg } = headerOf(signed)
  const signer = signers.find(({ name }) => name === kid)
  // Whatever is wrong with what such a header belongs to, it was not signed by anybody who is trusted.
  if (signer === undefined || signer.alg !== alg) throw refused('bundle_signer_unknown')
  let payload: string
  try {
    const result = await compactVerify(signed, signer.key, { algorithms: [signer.alg] })
    if (result.protectedHeader.typ !== CONTENT_TYPE) throw refused('bundle_signer_unknown')
    payload = new TextDecoder('utf-8', { fatal: true }).decode(result.payload)
  } catch {
    throw refused('bundle_signer_unknown')
  }
  return { content: readContent(payload), signer: signer.name }
}

function headerOf(signed: string): JWK {
  try {
    const parsed = JSON.parse(Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {
    // What is said of it may quote it.
  }
  throw damaged('its content is not signed')
}

/** What was signed decides. A recipient who encrypts it anew for somebody else is found out here. */
function requireSameTerms(content: BundleContent, header: BundleHeader): void {
  if (content.recipient !== header.recipient) {
    throw mismatch('It was signed for somebody else, and encrypted anew by whoever opened it.')
  }
  if (content.issuedAt !== header.issuedAt || content.expiresAt !== header.expiresAt) {
    throw damaged('it was signed for another time than it says')
  }
}

function requireExpected(
  { grants, issuer, purpose }: BundleContent,
  expected: Pick<OpenSettings, 'providers' | 'issuer' | 'purpose'>,
): void {
  const foreign = (what: string) =>
    refused('bundle_foreign', { message: `The bundle is not the one that is expected here: ${what}.` })
  const { providers } = expected
  if (providers !== undefined && !grants.every(({ identity }) => providers.includes(identity.provider))) {
    throw foreign(`it has tokens of another provider than ${providers.join(', ')}`)
  }
  if (expected.issuer !== undefined && issuer !== expected.issuer) throw foreign('its issuer is another')
  if (expected.purpose !== undefined && purpose !== expected.purpose) throw foreign('its purpose is another')
}

export function requireUnexpired({ expiresAt }: { readonly expiresAt: number }, now: number): void {
  if (now < expiresAt) return
  throw refused('bundle_expired', {
    message: `The bundle was to be opened by ${new Date(expiresAt).toISOString()}; have a new one made.`,
  })
}
