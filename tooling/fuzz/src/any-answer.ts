import type { HttpResponse } from '@evergrant/core'
import { type Member, mutated, objectText } from './any-json.ts'
import type { Dice } from './dice.ts'
import { echoed } from './echo.ts'

const text = (value: string): string => JSON.stringify(value)

/** What APIs answer when all is well, or in their own words is not. */
export const API_ANSWERS: readonly (readonly Member[])[] = [
  [
    ['words_result', '[{"words":"x"}]'],
    ['words_result_num', '1'],
    ['log_id', '123'],
  ],
  [
    ['error_code', '110'],
    ['error_msg', text('Access token invalid or no longer valid')],
  ],
  [
    ['error_code', '"111"'],
    ['error_msg', text('Access token expired')],
  ],
  [
    ['error_code', '18'],
    ['error_msg', text('Open api qps request limit reached')],
    ['log_id', '1'],
  ],
  [
    ['error_code', '100'],
    ['error_msg', text('Invalid parameter')],
  ],
  [
    ['error_code', '0'],
    ['result', '{"a":1}'],
  ],
  [
    ['err_no', '3302'],
    ['err_msg', text('authentication failed')],
    ['sn', text('1')],
  ],
  [
    ['err_no', '502'],
    ['err_msg', text('authentication failed.')],
    ['err_subcode', '110'],
  ],
  [
    ['code', text('SignatureDoesNotMatch')],
    ['message', text('no')],
    ['requestId', text('1')],
  ],
  [
    ['error', '{"code":"invalid_iam_token","message":"no","type":"x"}'],
    ['id', text('as-1')],
  ],
]

/** What token endpoints answer. */
export const TOKEN_ANSWERS: readonly (readonly Member[])[] = [
  [
    ['access_token', text('new-token')],
    ['token_type', text('Bearer')],
    ['expires_in', '3600'],
  ],
  [
    ['access_token', text('24.0123456789abcdef0123456789abcdef.2592000.1790000000.282335-1')],
    ['session_key', text('9mzd')],
    ['scope', text('public brain_all_scope')],
    ['refresh_token', text('25.x')],
    ['session_secret', text('0')],
    ['expires_in', '2592000'],
  ],
  [
    ['userId', text('0')],
    ['token', text('bce-v3/ALTAK-x/y')],
    ['status', text('enable')],
    ['createTime', text('2026-01-01T00:00:00Z')],
    ['expireTime', text('2026-01-01T01:00:00Z')],
  ],
]

/** What they answer when they refuse. */
export const TOKEN_ERRORS: readonly (readonly Member[])[] = [
  [
    ['error_description', text('unknown client id')],
    ['error', text('invalid_client')],
  ],
  [
    ['error', text('expired_token')],
    ['error_description', text('refresh token has been used')],
  ],
  [
    ['error', text('Trigger security policy')],
    ['error_description', text('Please try again later')],
  ],
  [
    ['error_code', '40002'],
    ['error_msg', text('no')],
  ],
  [
    ['code', text('InvalidAccessKeyId')],
    ['message', text('no')],
    ['requestId', text('1')],
  ],
]

const STATUSES = [
  200, 200, 200, 200, 200, 200, 200, 200, 201, 204, 302, 400, 401, 401, 403, 404, 429, 500, 502, 503,
]
const TYPES = [
  'application/json',
  'application/json;charset=utf-8',
  'text/plain',
  'text/html',
  'audio/mp3',
  '',
]
const DATES = [
  '0',
  '1',
  '120',
  '-5',
  'soon',
  '99999999999999999999',
  'Wed, 21 Oct 2026 07:28:00 GMT',
  'Wed, nonsense',
]

/** An answer that no server should give: a good one, changed; or something else altogether. Echoes the secret. */
export function anyAnswer(from: readonly (readonly Member[])[], secret: string, dice: Dice): HttpResponse {
  const body = wrapped(objectText(mutated(dice.pick(from), secret, dice), dice), secret, dice)
  const status = dice.once(8) ? 100 + dice.whole(500) : dice.pick(STATUSES)
  return { status, headers: anyHeaders(secret, dice), body }
}

function wrapped(json: string, secret: string, dice: Dice): string {
  switch (dice.whole(24)) {
    case 0:
      return json.slice(0, dice.whole(json.length))
    case 1:
      return `\uFEFF${json}`
    case 2:
      return `${json}${dice.pick(['{}', ',', '\u0000', json])}`
    case 3:
      return `<!DOCTYPE html><html>${echoed(secret, dice)}</html>`
    case 4:
      return `[${json}]`
    case 5:
      return dice.pick([
        '',
        ' ',
        'null',
        '"text"',
        '{',
        '}',
        '{}',
        '0',
        '\u0000',
        '\ufffd',
        echoed(secret, dice),
      ])
    default:
      return json
  }
}

function anyHeaders(secret: string, dice: Dice): [string, string][] {
  const headers: [string, string][] = [['Content-Type', dice.pick(TYPES)]]
  if (dice.once(4)) headers.push(['WWW-Authenticate', challenge(secret, dice)])
  if (dice.once(6)) headers.push(['Retry-After', dice.pick(DATES)])
  if (dice.once(6)) headers.push(['Date', dice.pick(DATES)])
  if (dice.once(6)) headers.push(['X-Bce-Error-Code', anyField(secret, dice)])
  if (dice.once(6)) headers.push(['X-Bce-Error-Message', anyField(secret, dice)])
  return headers
}

function challenge(secret: string, dice: Dice): string {
  const error = dice.pick([
    'invalid_token',
    'insufficient_scope',
    'INVALID_TOKEN',
    '"',
    anyField(secret, dice),
  ])
  return `Bearer realm="x", error="${error}", error_description="${anyField(secret, dice)}"`
}

function anyField(secret: string, dice: Dice): string {
  const before = dice.once(4) ? 'z'.repeat(dice.pick([40, 60, 250, 4_080])) : ''
  return (
    before +
    dice.pick(['IamSignatureInvalid', 'x', '', '\u001b[31m\u009b', echoed(secret, dice), `no ${secret}`])
  )
}
