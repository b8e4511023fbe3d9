import { createHash, X509Certificate } from 'node:crypto'
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { EvergrantError, fail } from '@evergrant/core'

/**
 * Public keys by host name: of each host, only certificates that have, or lead to, one of them are trusted. A pin is
 * the SHA-256 of a SubjectPublicKeyInfo in base64 (RFC 7469 §2.4). Hosts that are not named have no pins.
 */
export type PublicKeyPins = Readonly<Record<string, readonly string[]>>

/** How core knows that no key of a chain is pinned. */
const NOT_PINNED = 'ERR_KEY_NOT_PINNED'

const PIN = /^[A-Za-z0-9+/]{43}=$/
const CHAIN_MAX = 10

/**
 * What `node:tls` calls when a certificate is verified otherwise: checks the host name as usual, then the pins.
 * Throws an `EvergrantError` of code `invalid_option` when a host name or a pin is none.
 */
export function pinnedIdentity(
  pins: PublicKeyPins,
): (host: string, certificate: PeerCertificate) => Error | undefined {
  const byHost = new Map(Object.entries(pins).map(([host, list]) => [nameOf(host), setOf(host, list)]))
  return (host, certificate) => {
    const allowed = byHost.get(host.toLowerCase())
    const unfit = checkServerIdentity(host, certificate)
    if (unfit !== undefined || allowed === undefined) return unfit
    if (keysOf(certificate).some(key => allowed.has(key))) return undefined
    return Object.assign(new Error('no public key of the certificate chain is pinned'), { code: NOT_PINNED })
  }
}

/** The name as connections have it. One that is none would never be looked at, and its pins be none. */
function nameOf(host: string): string {
  const url = `https://${host.includes(':') ? `[${host}]` : host}/`
  const hostname = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
  if (hostname === host.toLowerCase() && !/^$|[*]|\.$/.test(host)) return hostname
  const message = `Invalid option: pins are for host names, as "as.example"; ${host} is none.`
  throw new EvergrantError(fail('invalid_option', { message }))
}

function setOf(host: string, pins: readonly string[]): ReadonlySet<string> {
  if (pins.length > 0 && pins.every(pin => PIN.test(pin))) return new Set(pins)
  const message = `Invalid option: pins of ${host} are not SHA-256 digests in base64, 44 characters each.`
  throw new EvergrantError(fail('invalid_option', { message }))
}

/** The pins that a chain would satisfy, its leaf first. Whatever does not prove to have signed the one before is left out. */
function keysOf(certificate: PeerCertificate | DetailedPeerCertificate): string[] {
  const keys: string[] = []
  let signed: X509Certificate | undefined
  let each: PeerCertificate | DetailedPeerCertificate | undefined = certificate
  while (each?.raw !== undefined && keys.length < CHAIN_MAX) {
    const x509 = new X509Certificate(each.raw)
    // OpenSSL links certificates by name alone here, and names can be copied.
    if (signed !== undefined && !signed.verify(x509.publicKey)) break
    keys.push(pinOf(x509))
    signed = x509
    const issuer: DetailedPeerCertificate | undefined =
      'issuerCertificate' in each ? each.issuerCertificate : undefined
    each = issuer === each ? undefined : issuer
  }
  return keys
}

function pinOf({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
}
