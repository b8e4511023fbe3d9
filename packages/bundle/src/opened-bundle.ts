import type { BundleContent } from './bundle-content.ts'
import type { BundledGrant } from './bundled-grant.ts'

/** A bundle that was decrypted, and whose signature, recipient, validity and origin are as they have to be. */
export class OpenedBundle {
  readonly id: string
  /** The name of the recipient: the thumbprint of a key, or what a passphrase was made into. */
  readonly recipient: string
  /** The thumbprint of the key that signed it, one of those that are trusted. */
  readonly signer: string
  /** Epoch ms. */
  readonly issuedAt: number
  /** Epoch ms. */
  readonly expiresAt: number
  readonly issuer: string | undefined
  readonly purpose: string | undefined
  readonly grants: readonly BundledGrant[]
  /** Only `openBundle` makes them: an object of the same shape will not do. */
  readonly #opened = true

  constructor(content: BundleContent, signer: string) {
    this.id = content.id
    this.recipient = content.recipient
    this.signer = signer
    this.issuedAt = content.issuedAt
    this.expiresAt = content.expiresAt
    this.issuer = content.issuer
    this.purpose = content.purpose
    this.grants = content.grants
    Object.freeze(this)
  }

  /** Whether `value` came out of `openBundle`. */
  static is(value: unknown): value is OpenedBundle {
    return typeof value === 'object' && value !== null && #opened in value
  }
}
