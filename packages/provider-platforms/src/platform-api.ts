import { type FailureKind, type Members, parseJsonObject, untrustedText } from '@evergrant/core'
import type { ApiAnswer, ApiFailure, CallTarget, ResourceServer, TokenPlace } from '@evergrant/core/calls'
import { entryOf, LIMIT_PAUSE_MS, type PlatformAction, type PlatformErrorTable } from './platform-error.ts'
import { errorCodeOf, textOf } from './platform-profile.ts'

/** Of every platform. */
export interface PlatformApiOptions {
  /** Further origins that may be shown a token: a sandbox, a proxy of your own. */
  readonly origins?: readonly string[]
}

/** An API that tells errors by a code in a JSON object, whatever the status. */
export interface PlatformApi {
  readonly name: string
  readonly origins: readonly string[]
  /** Absent: in the Authorization header. */
  readonly place?: (target: CallTarget) => TokenPlace
  /** The error code of an answer as it came; `undefined`, or 0, when there is none. */
  readonly codeOf: (members: Members) => unknown
  readonly messageName: string
  readonly errors: PlatformErrorTable
}

const DEED: Readonly<Record<PlatformAction, readonly [kind: FailureKind, about: ApiFailure['about']]>> = {
  renew: ['configure', 'token'],
  client: ['configure', 'request'],
  configure: ['configure', 'request'],
  slow_down: ['retry', 'limit'],
  retry: ['retry', 'server'],
}

/** The resource server of a platform. What its answers call an error, and hide in a success, is thrown. */
export function platformApi(api: PlatformApi, { origins = [] }: PlatformApiOptions): ResourceServer {
  return {
    name: api.name,
    origins: [...api.origins, ...origins],
    ...(api.place !== undefined && { place: api.place }),
    // A picture or a file is a success; so is anything else that is not JSON, unless its status says otherwise.
    looksInto: (status, contentType) => status >= 400 || /json|^text\/plain|^$/i.test(contentType),
    judge: answer => judge(answer, api),
  }
}

function judge({ status, body }: ApiAnswer, api: PlatformApi): ApiFailure | undefined {
  const parsed = body === undefined ? undefined : parseJsonObject(body)
  const members: Members = parsed?.ok ? parsed.members : new Map()
  const code = errorCodeOf(api.codeOf(members))
  if (code === undefined) return ofStatus(status)
  const entry = entryOf(api.errors, code)
  const [kind, about] = DEED[entry?.action ?? 'configure']
  const text = textOf(members, api.messageName)
  return {
    kind,
    code,
    message: entry?.advice.en ?? `${api.name} answered with the error ${code}.`,
    status,
    about,
    plain: status >= 400,
    ...(text !== undefined && { description: untrustedText(text) }),
    ...(entry !== undefined && { advice: entry.advice }),
    ...(about === 'limit' && { retryAfterMs: entry?.pauseMs ?? LIMIT_PAUSE_MS }),
  }
}

/** An answer without a code: of a gateway, or a success. */
function ofStatus(status: number): ApiFailure | undefined {
  if (status !== 429 && status < 500) return undefined
  const about = status === 429 ? 'limit' : 'server'
  const message = `The API answered with the status ${status}.`
  return { kind: 'retry', code: `http_${status}`, message, status, about, plain: true }
}
