import {
  causeCode,
  EvergrantError,
  type FailureKind,
  type KeyContext,
  type KeyService,
  maySendCredentials,
  networkFailure,
  parseJsonObject,
  type Secret,
  toBase64,
  utf8Bytes,
} from '@evergrant/core'
import { fromBase64 } from './base64.ts'
import { invalidOption, serviceFailure } from './service-failure.ts'

export interface VaultTransitOptions {
  /** Where Vault or OpenBao is: an absolute https URL, with a path where it stands behind one. */
  readonly url: string
  /** The token to show, read anew for each request. A text is for tests only. */
  readonly token: string | Secret
  /** The name of the transit key. Made with `derived=true`, it binds wrapped keys to their context. */
  readonly key: string
  /** Where the transit engine is mounted. `transit` by default. */
  readonly mount?: string
  /** The namespace (Vault Enterprise, OpenBao). Absent: the root. */
  readonly namespace?: string
  /** Time for one request, in ms. 100 to 60,000; 5,000 by default. */
  readonly timeoutMs?: number
  /** Allow plain http to this very machine, for a Vault agent or a test. `false` by default. */
  readonly allowInsecureLoopback?: boolean
}

const PATH = /^[A-Za-z0-9_.-]{1,128}(\/[A-Za-z0-9_.-]{1,128}){0,8}$/
const KEY = /^[A-Za-z0-9_.-]{1,128}$/
const DOTS = /^\.+$/
const HEADER_TEXT = /^[\x21-\x7e]{1,4096}$/
const WRAPPED = /^vault:v\d{1,9}:[A-Za-z0-9+/=]{16,8000}$/
const TIMEOUT_MS = 5_000
const TIMEOUT_MS_MIN = 100
const TIMEOUT_MS_MAX = 60_000
const BODY_BYTES_MAX = 65_536

/** What is used of an answer, of types that are still to be seen. */
interface TransitData {
  readonly plaintext?: unknown
  readonly ciphertext?: unknown
}

/**
 * A key of the transit secrets engine of HashiCorp Vault or OpenBao, over its HTTP API. Needs `update` on
 * `transit/datakey/plaintext/<key>` and `transit/decrypt/<key>` to seal a store, on the latter to decrypt secrets, and on
 * `transit/encrypt/<key>` to encrypt them.
 *
 * The context is sent as the key derivation context, which counts for keys that were made with `derived=true`.
 * Redirects are not followed, and the token is sent over https only. Throws an `EvergrantError` of code
 * `invalid_option` when an option is out of its range; operations reject with the failure of the token, too.
 */
export function vaultTransit(options: VaultTransitOptions): KeyService {
  const { key, mount = 'transit', namespace, timeoutMs = TIMEOUT_MS } = options
  const root = rootOf(options)
  if (!KEY.test(key) || DOTS.test(key)) throw invalidOption('key is no name of a transit key.')
  if (!PATH.test(mount) || mount.split('/').some(part => DOTS.test(part))) {
    throw invalidOption('mount is no path of a secrets engine.')
  }
  if (namespace !== undefined && !HEADER_TEXT.test(namespace)) {
    throw invalidOption('namespace is no text for a header field.')
  }
  if (!(timeoutMs >= TIMEOUT_MS_MIN && timeoutMs <= TIMEOUT_MS_MAX)) {
    throw invalidOption(`timeoutMs is ${timeoutMs}, not from ${TIMEOUT_MS_MIN} to ${TIMEOUT_MS_MAX}.`)
  }

  async function ask(path: string, body: object): Promise<TransitData> {
    const headers = await headersOf(options)
    const signal = AbortSignal.timeout(timeoutMs)
    const url = `${root}/v1/${mount}/${path}/${encodeURIComponent(key)}`
    const init = { method: 'POST', headers, body: JSON.stringify(body), redirect: 'manual', signal } as const
    const { status, text } = await fetch(url, init)
      .then(async response => ({ status: response.status, text: await textOf(response) }))
      .catch((error: unknown) => {
        throw unreachable(error, signal.aborted)
      })
    if (status !== 200) throw refusal(status)
    const parsed = parseJsonObject(text)
    const data = parsed.ok ? parsed.members.get('data') : undefined
    if (typeof data !== 'object' || data === null) throw odd()
    return data
  }

  return {
    async generate(context) {
      const data = await ask('datakey/plaintext', { context: contextText(context), bits: 256 })
      const [plaintext, wrapped] = [fromBase64(data.plaintext), data.ciphertext]
      if (plaintext === undefined || typeof wrapped !== 'string' || !WRAPPED.test(wrapped)) throw odd()
      return { plaintext, wrapped }
    },
    async unwrap(wrapped, context) {
      if (!WRAPPED.test(wrapped)) throw unreadable()
      const data = await ask('decrypt', { ciphertext: wrapped, context: contextText(context) })
      const plaintext = fromBase64(data.plaintext)
      if (plaintext === undefined) throw odd()
      return plaintext
    },
    async wrap(plaintext, context) {
      const body = { plaintext: toBase64(plaintext), context: contextText(context) }
      const { ciphertext } = await ask('encrypt', body)
      if (typeof ciphertext !== 'string' || !WRAPPED.test(ciphertext)) throw odd()
      return ciphertext
    },
  }
}

function rootOf({ url, allowInsecureLoopback = false }: VaultTransitOptions): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalidOption('url is no absolute URL.')
  }
  const { username, password, search, hash, origin, pathname } = parsed
  if (username !== '' || password !== '' || search !== '' || hash !== '') {
    throw invalidOption('url has more than an origin and a path.')
  }
  if (!maySendCredentials(parsed, allowInsecureLoopback)) throw invalidOption('url is not https.')
  return origin + pathname.replace(/\/+$/, '')
}

async function headersOf({ token, namespace }: VaultTransitOptions): Promise<Record<string, string>> {
  const text = (typeof token === 'string' ? token : await token.read()).trim()
  if (!HEADER_TEXT.test(text)) throw serviceFailure('configure', 'The Vault token is no token.')
  return {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    'x-vault-token': text,
    ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
  }
}

/** The context as one text, whichever order it was written in; in base64, as Vault wants it. */
function contextText(context: KeyContext): string {
  const sorted = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))
  return toBase64(utf8Bytes(JSON.stringify(sorted)))
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) throw odd()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function unreachable(error: unknown, late: boolean): Error {
  if (EvergrantError.is(error)) return error
  if (late) return serviceFailure('retry', 'Vault did not answer in time.')
  const { code, message } = networkFailure(causeCode(error))
  if (code === 'tls_failed') return serviceFailure('configure', `Vault: ${message}`)
  return serviceFailure('retry', `Vault cannot be reached (${causeCode(error) || 'connection broken'}).`)
}

/** What a status means (Vault HTTP API, "HTTP status codes"). */
const REFUSALS: Readonly<Record<number, readonly [kind: FailureKind, sentence: string]>> = {
  400: ['configure', 'Vault refuses what it is to unwrap, its context, or the key that it names.'],
  403: ['configure', 'Vault does not accept the token, or it lacks a permission.'],
  404: ['configure', 'Vault has no such transit engine or key.'],
  429: ['retry', 'Vault limits the rate, or is a standby.'],
  503: ['retry', 'Vault is sealed or down.'],
}

function refusal(status: number): Error {
  const redirected = status >= 300 && status < 400
  const other = redirected
    ? ([
        'configure',
        'Vault redirects, which is not followed with a token; configure the final URL.',
      ] as const)
    : (['retry', 'Vault has failed.'] as const)
  const [kind, sentence] = REFUSALS[status] ?? other
  return serviceFailure(kind, `${sentence} (${status})`, status)
}

function unreadable(): Error {
  return serviceFailure('distrust', 'What Vault is to unwrap does not begin with "vault:v" or is garbled.')
}

function odd(): Error {
  return serviceFailure('distrust', 'The answer of Vault is not what it should be.')
}
