import {
  type ClientAuthentication,
  EvergrantError,
  fail,
  type Provider,
  type Secret,
  tolerantProfile,
} from '@evergrant/core'
import { bceSigner } from '../signing/bce-signer.ts'
import { type BaiduAccessKey, readAccessKey } from '../signing/signing-keys.ts'
import { bearerExpiry, classifyBearerError, translateBearer } from './bearer-answer.ts'

export interface BaiduBearerOptions extends BaiduAccessKey {
  /** How long a key shall live, in seconds: 300 (5 minutes) to 2,592,000 (30 days). 3,600 by default. */
  readonly lifetimeSeconds?: number
  /** Another URL of the exchange, of a sandbox for instance. */
  readonly endpoint?: string
  /** Epoch ms, for the signature of the exchange. `Date.now` by default. */
  readonly now?: () => number
}

/** What `tokenSource` needs to keep a short-lived key valid. */
export interface BaiduBearer {
  readonly provider: Provider
  readonly client: { readonly id: string | Secret; readonly authentication: ClientAuthentication }
}

const ENDPOINT = 'https://iam.bj.baidubce.com/v1/BCE-BEARER/token'
const LIFETIME_SECONDS_MIN = 300
const LIFETIME_SECONDS_MAX = 2_592_000

/**
 * Exchanges the Access Key of an account for short-lived keys `bce-v3/…`, which `tokenSource` keeps valid like any
 * token: `tokenSource(baiduBearer({ accessKeyId, secretAccessKey }))`. They are sent as `Authorization: Bearer`, so
 * calls take `baiduApi({ scheme: 'bearer' })`. A key has no scopes; asking for some fails with `invalid_scope`.
 *
 * Throws an `EvergrantError` of code `invalid_option` when the lifetime is out of its range.
 */
export function baiduBearer(options: BaiduBearerOptions): BaiduBearer {
  const { accessKeyId, lifetimeSeconds = 3_600, endpoint = ENDPOINT } = options
  if (
    !Number.isSafeInteger(lifetimeSeconds) ||
    lifetimeSeconds < LIFETIME_SECONDS_MIN ||
    lifetimeSeconds > LIFETIME_SECONDS_MAX
  ) {
    const message = `Invalid option: lifetimeSeconds is ${lifetimeSeconds}, not a whole number of 300 to 2,592,000.`
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  return {
    provider: {
      name: 'baidu-bearer',
      tokenEndpoint: endpoint,
      // Not used: the client signs.
      clientSecretMethod: 'client_secret_post',
      profile: {
        ...tolerantProfile,
        refreshToken: 'ignore',
        translate: translateBearer,
        classifyError: classifyBearerError,
        expiryHint: (_key, members) => bearerExpiry(members),
      },
      policy: {},
    },
    client: { id: accessKeyId, authentication: signedExchange(options, lifetimeSeconds) },
  }
}

/** The exchange is a GET that says how long the key shall live, and is signed like any request. */
function signedExchange(options: BaiduBearerOptions, lifetimeSeconds: number): ClientAuthentication {
  const { now } = options
  return {
    async authenticate({ endpoint, parameters, headers }) {
      if (parameters.some(([name]) => name === 'scope')) {
        throw new EvergrantError(
          fail('invalid_scope', { message: 'A bearer key has no scopes; ask for none.' }),
        )
      }
      const { id, secret } = await readAccessKey(options)
      const url = `${endpoint}${endpoint.includes('?') ? '&' : '?'}expireInSeconds=${lifetimeSeconds}`
      const signer = bceSigner({ accessKeyId: id, secretAccessKey: secret, ...(now && { now }) })
      const signed = await signer.sign({ method: 'GET', url, headers })
      return {
        method: 'GET',
        url,
        headers: [...headers, ...signed],
        body: undefined,
        // Not the date: the answer may well name the same second.
        secrets: [secret, ...signed.flatMap(([name, value]) => (name === 'authorization' ? [value] : []))],
      }
    },
  }
}
