import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Exchange } from './http-exchange.ts'
import type { SandboxApp } from './sandbox-options.ts'
import type { SandboxState } from './sandbox-state.ts'

/** Why a signature is not accepted, in the words of the platform. */
export type SignatureFlaw =
  | 'InvalidHTTPAuthHeader'
  | 'InvalidAccessKeyId'
  | 'RequestExpired'
  | 'SignatureDoesNotMatch'

const AUTHORIZATION =
  /^(bce-auth-v1\/([^/]+)\/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\/(\d{1,9}))\/([a-z0-9;-]*)\/([0-9a-f]{64})$/
/** How far ahead the clock of a client may be. */
const AHEAD_MS_MAX = 300_000
const SIGNED_BY_DEFAULT = /^(host|content-(length|type|md5)|x-bce-.*)$/

/** Who has signed a request by `bce-auth-v1`, or what is wrong with the signature. */
export function signerOf(state: SandboxState, exchange: Exchange): SandboxApp | SignatureFlaw {
  const parts = AUTHORIZATION.exec(exchange.headers.authorization ?? '')
  if (parts === null) return 'InvalidHTTPAuthHeader'
  const [, prefix = '', accessKeyId, date = '', seconds, names = '', signature = ''] = parts
  const app = state.apps.find(each => each.accessKeyId === accessKeyId)
  if (app === undefined) return 'InvalidAccessKeyId'
  const signedAt = Date.parse(date)
  const { now } = state
  // The date may be none, such as the 40th of a month.
  const alive = signedAt - AHEAD_MS_MAX <= now && now <= signedAt + Number(seconds) * 1000
  if (!alive) return 'RequestExpired'
  const key = hmac(app.secretAccessKey, prefix)
  const expected = hmac(key, canonical(exchange, names === '' ? undefined : names.split(';')))
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) ? app : 'SignatureDoesNotMatch'
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

function canonical({ method, target, headers }: Exchange, names: readonly string[] | undefined): string {
  const question = target.indexOf('?')
  const path = question < 0 ? target : target.slice(0, question)
  const query = question < 0 ? '' : target.slice(question + 1)
  const parameters = query
    .replaceAll('+', ' ')
    .split('&')
    .filter(parameter => parameter !== '' && !/^authorization(=|$)/i.test(parameter))
    .map(parameter => {
      const equals = parameter.indexOf('=')
      const [name, value] =
        equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)]
      return `${encoded(bytesOf(name))}=${encoded(bytesOf(value))}`
    })
  const lines = (names ?? Object.keys(headers).filter(name => SIGNED_BY_DEFAULT.test(name)))
    .map(name => [name, String(headers[name] ?? '').trim()] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}:${encoded(Buffer.from(value))}`)
  const uri = path
    .split('/')
    .map(segment => encoded(bytesOf(segment)))
    .join('/')
  return [method, uri, parameters.sort().join('&'), lines.sort().join('\n')].join('\n')
}

/** The bytes that a part of a request line stands for. */
function bytesOf(part: string): Buffer {
  const text = part.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(text, 'latin1')
}

function encoded(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    text += /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }
  return text
}
