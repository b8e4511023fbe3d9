import { fail } from '../failure/fail.ts'
import { retryAfterMs } from '../message/retry-after.ts'
import type { HeaderList } from '../ports/transport.ts'
import { untrustedText } from '../redaction/redact.ts'
import type { ApiAnswer, ApiFailure, ResourceServer } from './resource-server.ts'

export interface BearerApiOptions {
  /** Origins that may be shown a token: `https://api.example`, or `https://*.api.example` for all hosts below it. */
  readonly origins: readonly string[]
  /** A name for reports. `api` by default. */
  readonly name?: string
  /** Longest Retry-After that is believed, in ms. An hour by default. */
  readonly retryAfterMsMax?: number
}

/** Any API that takes bearer tokens by RFC 6750: the token in the Authorization header, failures by HTTP status. */
export function bearerApi(options: BearerApiOptions): ResourceServer {
  const { origins, name = 'api', retryAfterMsMax = 3_600_000 } = options
  return { name, origins, judge: answer => judgeBearer(answer, retryAfterMsMax) }
}

/** What a server, or a gateway before it, says that has failed: nobody knows what was done (RFC 9110 §15.6). */
const SERVER_FAILED: ReadonlySet<number> = new Set([500, 502, 503, 504])

const FAILED = fail('server_error', { message: 'The API, or a gateway before it, has failed.' })

function judgeBearer(answer: ApiAnswer, retryAfterMsMax: number): ApiFailure | undefined {
  const { status } = answer
  if (status < 400) return undefined
  if (status === 401 && isAboutToken(answer.header('www-authenticate'))) {
    return { ...fail('token_rejected_again'), status, about: 'token', plain: false, ...described(answer) }
  }
  if (status !== 429 && !SERVER_FAILED.has(status)) return undefined
  const wait = retryAfterMs(headersOf(answer), Number.NaN, retryAfterMsMax)
  return {
    ...(status === 429 || status === 503 ? fail('rate_limited') : FAILED),
    status,
    about: status === 429 ? 'limit' : 'server',
    plain: true,
    ...(wait !== undefined && { retryAfterMs: wait }),
  }
}

/** The two fields that tell when to come back. */
function headersOf({ header }: ApiAnswer): HeaderList {
  return ['retry-after', 'date'].flatMap(name => {
    const value = header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
}

const ERROR = /\berror="?([a-z_]+)/i
const DESCRIPTION = /\berror_description="([^"]{0,1000})"/i

/**
 * Whether a challenge (RFC 6750 §3) means the token. `invalid_token` does; so does a challenge without an error,
 * or no challenge at all, for many servers give no reason. `insufficient_scope` and `invalid_request` do not.
 */
function isAboutToken(challenge: string | undefined): boolean {
  const error = ERROR.exec(challenge ?? '')?.[1]
  return error === undefined || error.toLowerCase() === 'invalid_token'
}

function described({ header }: ApiAnswer): { description?: string } {
  const description = DESCRIPTION.exec(header('www-authenticate')?.slice(0, 4_096) ?? '')?.[1]
  return description === undefined ? {} : { description: untrustedText(description) }
}
