import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose'

/** A pair of keys in every form in which a private key may be given. */
export interface TestKey {
  readonly alg: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  readonly pem: string
}

export async function testKey(alg: string): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, publicKey, privateKey, jwk: await exportJWK(privateKey), pem: await exportPKCS8(privateKey) }
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Record<string, unknown>
  }
  throw new Error('it succeeded')
}
