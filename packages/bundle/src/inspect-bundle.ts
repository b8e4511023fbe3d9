import { BUNDLE_FORMAT, type BundleHeader, readBundleHeader } from './bundle-header.ts'

/** What a bundle tells to everybody. None of it is proven. */
export interface BundleFacts extends Pick<BundleHeader, 'sealing' | 'recipient' | 'issuedAt' | 'expiresAt'> {
  readonly format: number
}

/**
 * What can be known of a bundle without any key: whom it is for, and until when. Throws `bundle_damaged`,
 * `bundle_too_large` or `bundle_newer`. What is inside, `openBundle` tells; printing its result shows no token.
 */
export function inspectBundle(text: string): BundleFacts {
  const { sealing, recipient, issuedAt, expiresAt } = readBundleHeader(text)
  return { format: BUNDLE_FORMAT, sealing, recipient, issuedAt, expiresAt }
}
