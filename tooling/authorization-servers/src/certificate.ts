import { X509Certificate } from 'node:crypto'
import { exportJWK, importX509, type JWK } from 'jose'
import { generate } from 'selfsigned'

/** A certificate and the private key to it, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A certificate for a host name that nobody has signed but itself. */
export async function certificate(host: string): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
  })
  return { cert, key }
}

/** The public key of a certificate, as a client registers it (RFC 8705 §2.2.2). */
export async function certificateJwk(cert: string): Promise<JWK> {
  const { raw } = new X509Certificate(cert)
  const digest = await crypto.subtle.digest('SHA-256', raw)
  return {
    ...(await exportJWK(await importX509(cert, 'RS256'))),
    x5c: [raw.toString('base64')],
    'x5t#S256': Buffer.from(digest).toString('base64url'),
  }
}
