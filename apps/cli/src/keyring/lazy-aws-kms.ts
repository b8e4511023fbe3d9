import { EvergrantError, fail, type KeyService, maySendCredentials } from '@evergrant/core'
import { awsKms } from '@evergrant/kms'
import { unusable } from './unusable.ts'

export interface LazyAwsKmsOptions {
  readonly keyId: string
  /** `undefined`: as the environment or the profile says. */
  readonly region: string | undefined
  /** Another address of KMS, of a private endpoint say. `undefined`: the public one of the region. */
  readonly endpoint: string | undefined
}

/** How long KMS may take to be connected to, and to answer, in ms. */
const LIMITS = { connectionTimeout: 5_000, requestTimeout: 10_000 }
const ATTEMPTS_MAX = 3

/**
 * A key at AWS KMS, with the credentials that the AWS SDK finds in the environment, a profile or a role. The SDK is loaded
 * when the key is first used: it comes along with nobody who has no such key. Throws with `key_unusable` when no key is
 * named or the endpoint is not https; operations reject with `invalid_option` when the SDK is not installed.
 */
export function lazyAwsKms({ keyId, region, endpoint }: LazyAwsKmsOptions): KeyService {
  if (keyId === '') throw unusable('No key is named.')
  if (endpoint !== undefined) requireSecure(endpoint)
  let loading: Promise<KeyService> | undefined

  async function load(): Promise<KeyService> {
    const { KMS } = await import('@aws-sdk/client-kms').catch(() => {
      throw notInstalled()
    })
    const client = new KMS({
      maxAttempts: ATTEMPTS_MAX,
      requestHandler: LIMITS,
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
    })
    return awsKms({ client, keyId })
  }

  function service(): Promise<KeyService> {
    loading ??= load()
    return loading
  }

  return {
    generate: async context => (await service()).generate(context),
    unwrap: async (wrapped, context) => (await service()).unwrap(wrapped, context),
    async wrap(plaintext, context) {
      const { wrap } = await service()
      if (wrap === undefined) throw new TypeError('AWS KMS wraps what there is')
      return wrap(plaintext, context)
    },
  }
}

function requireSecure(endpoint: string): void {
  if (!URL.canParse(endpoint) || !maySendCredentials(new URL(endpoint), true)) {
    throw unusable('The endpoint is no https URL.')
  }
}

function notInstalled(): EvergrantError {
  const message =
    'A key at AWS KMS needs the AWS SDK, which is not installed: npm install @aws-sdk/client-kms beside @evergrant/cli.'
  return new EvergrantError(fail('invalid_option', { message }))
}
