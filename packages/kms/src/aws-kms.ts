import { type KeyContext, type KeyService, toBase64 } from '@evergrant/core'
import { fromBase64 } from './base64.ts'
import { invalidOption, serviceFailure } from './service-failure.ts'

/** What is used of the client: a `KMS` of `@aws-sdk/client-kms`, which has many more. */
export interface AwsKmsClient {
  generateDataKey(input: {
    KeyId: string
    KeySpec: 'AES_256'
    EncryptionContext: Record<string, string>
  }): Promise<{ Plaintext?: Uint8Array | undefined; CiphertextBlob?: Uint8Array | undefined }>
  decrypt(input: {
    KeyId: string
    CiphertextBlob: Uint8Array
    EncryptionContext: Record<string, string>
  }): Promise<{ Plaintext?: Uint8Array | undefined }>
  encrypt(input: {
    KeyId: string
    Plaintext: Uint8Array
    EncryptionContext: Record<string, string>
  }): Promise<{ CiphertextBlob?: Uint8Array | undefined }>
}

export interface AwsKmsOptions {
  /** `new KMS({ region })` of `@aws-sdk/client-kms`: region, credentials, retries and time limits are its own. */
  readonly client: AwsKmsClient
  /**
   * The key: an id, an ARN or an alias. Needs `kms:GenerateDataKey` and `kms:Decrypt` to seal a store, `kms:Decrypt` to
   * decrypt secrets, and `kms:Encrypt` to encrypt them.
   */
  readonly keyId: string
}

/** Errors that pass (AWS KMS API Reference, "Common Errors"), besides those of the network and of the server. */
const PASSING =
  /^(KMSInternal|KeyUnavailable|DependencyTimeout|Throttling|TooManyRequests|LimitExceeded|ServiceUnavailable|RequestTimeout|InternalFailure)/
const NAME = /^[A-Za-z]{3,64}$/

/**
 * A key at AWS KMS (GenerateDataKey, Decrypt, Encrypt). The context becomes the encryption context: KMS checks it, records it
 * in CloudTrail, and policies may depend on it.
 *
 * Only the named key unwraps: a wrapped key of another one is refused, even where the credentials allow that. Errors
 * name what the service called them, and nothing of its text. Throws an `EvergrantError` of code `invalid_option`
 * when there is no key id.
 */
export function awsKms({ client, keyId }: AwsKmsOptions): KeyService {
  if (typeof keyId !== 'string' || keyId === '') throw invalidOption('keyId is empty or no text.')
  return {
    async generate(context) {
      const input = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: plain(context) } as const
      const answer = await client.generateDataKey(input).catch(refuse)
      const { Plaintext: plaintext, CiphertextBlob: wrapped } = answer
      if (plaintext === undefined || wrapped === undefined) throw odd()
      return { plaintext, wrapped: toBase64(wrapped) }
    },
    async unwrap(wrapped, context) {
      const blob = fromBase64(wrapped)
      if (blob === undefined || blob.length === 0) throw unreadable()
      const input = { KeyId: keyId, CiphertextBlob: blob, EncryptionContext: plain(context) }
      const { Plaintext: plaintext } = await client.decrypt(input).catch(refuse)
      if (plaintext === undefined) throw odd()
      return plaintext
    },
    async wrap(plaintext, context) {
      const input = { KeyId: keyId, Plaintext: plaintext, EncryptionContext: plain(context) }
      const { CiphertextBlob: wrapped } = await client.encrypt(input).catch(refuse)
      if (wrapped === undefined) throw odd()
      return toBase64(wrapped)
    },
  }
}

function plain(context: KeyContext): Record<string, string> {
  return { ...context }
}

function refuse(error: unknown): never {
  const { name, status, fault } = detailsOf(error)
  const known = NAME.test(name) ? name : 'unknown'
  const refused = fault === 'client' && status !== 429 && !PASSING.test(name)
  const sentence = refused ? 'AWS KMS refuses' : 'AWS KMS has failed or cannot be reached'
  throw serviceFailure(refused ? 'configure' : 'retry', `${sentence} (${known}).`, status)
}

/** What the SDK's errors tell, read with suspicion. */
function detailsOf(error: unknown): { name: string; status: number | undefined; fault: unknown } {
  if (typeof error !== 'object' || error === null) return { name: '', status: undefined, fault: undefined }
  const { name, $fault, $metadata } = error as { name?: unknown; $fault?: unknown; $metadata?: unknown }
  const status = (typeof $metadata === 'object' && $metadata !== null ? $metadata : {}) as {
    httpStatusCode?: unknown
  }
  const code = status.httpStatusCode
  return {
    name: typeof name === 'string' ? name : '',
    status: typeof code === 'number' ? code : undefined,
    fault: $fault,
  }
}

function unreadable(): Error {
  return serviceFailure('distrust', 'What AWS KMS is to unwrap is not base64, or empty.')
}

function odd(): Error {
  return serviceFailure('distrust', 'The answer of AWS KMS is not what it should be.')
}
