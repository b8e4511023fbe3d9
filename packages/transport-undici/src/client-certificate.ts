import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { EvergrantError, type Failure, fail, type Secret, TransportError } from '@evergrant/core'

/** A certificate and the private key to it, in PEM. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

/**
 * Reads a certificate and its key; the one that is known is returned as it is while nothing has changed. Rejects with
 * `key_unusable` when they are no pair, or the certificate has expired. Nothing has been sent when it rejects.
 */
export async function readClientCertificate(
  certFrom: string | Secret,
  keyFrom: string | Secret,
  known: () => ClientCertificate | undefined,
): Promise<ClientCertificate> {
  const cert = await textOf(certFrom, 'certificate')
  const key = await textOf(keyFrom, 'key')
  const before = known()
  const isKnown = before?.cert === cert && before.key === key
  try {
    if (!isKnown) createSecureContext({ cert, key })
  } catch {
    // What OpenSSL says of it may quote the text.
    throw unsent(fail('key_unusable', { message: UNUSABLE }))
  }
  requireValid(cert)
  return isKnown ? before : { cert, key }
}

/** A server refuses one that has expired, but so late that the request may be on its way. */
function requireValid(cert: string): void {
  const { validTo } = new X509Certificate(cert)
  if (Date.parse(validTo) > Date.now()) return
  const message = `The client certificate was valid until ${validTo}; put a new one in its place.`
  throw unsent(fail('key_unusable', { message }))
}

const UNUSABLE =
  'The client certificate and its key are not a pair, or not in PEM; a key that is encrypted cannot be used.'

async function textOf(from: string | Secret, what: string): Promise<string> {
  const text = typeof from === 'string' ? from : await readSecret(from, what)
  if (text !== '') return text
  throw unsent(fail('secret_unavailable', { message: `The client ${what} is empty.` }))
}

async function readSecret(secret: Secret, what: string): Promise<string> {
  try {
    return await secret.read()
  } catch (error) {
    const message = `The client ${what} cannot be read.`
    throw unsent(EvergrantError.is(error) ? error : fail('secret_unavailable', { message }))
  }
}

function unsent(failure: Failure): TransportError {
  return new TransportError(failure, 'not_sent')
}
