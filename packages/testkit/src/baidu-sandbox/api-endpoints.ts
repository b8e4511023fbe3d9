import { callerOf } from './caller.ts'
import { type Exchange, platformJson } from './http-exchange.ts'
import type { SandboxState } from './sandbox-state.ts'

type Api = (state: SandboxState, exchange: Exchange) => void

const APIS: ReadonlyMap<string, Api> = new Map([
  ['/rpc/2.0/mt/texttrans/v1', translate],
  ['/rest/2.0/ocr/v1/general_basic', recogniseText],
  ['/server_api', recogniseSpeech],
  ['/text2audio', synthesise],
])

/** Messages of the codes that the sandbox can answer with. */
const MESSAGES: Readonly<Record<number, string>> = {
  1: 'Unknown error',
  2: 'Service temporarily unavailable',
  3: 'Unsupported openapi method',
  4: 'Open api request limit reached',
  6: 'No permission to access data',
  14: 'IAM Certification failed',
  17: 'Open api daily request limit reached',
  18: 'Open api qps request limit reached',
  19: 'Open api total request limit reached',
  23: 'IAM API-KEY authentication failed',
  100: 'Invalid parameter',
  110: 'Access token invalid or no longer valid',
  111: 'Access token expired',
  216100: 'invalid param',
  216200: 'empty image',
  282000: 'internal error',
  336100: 'Server high load, please try again later',
}

/** An API of the platform: translation, text recognition, speech recognition and speech synthesis. */
export function answerApi(state: SandboxState, exchange: Exchange): void {
  state.apiCalls += 1
  const api = APIS.get(exchange.path)
  if (api === undefined) return fail(state, exchange, 3)
  api(state, exchange)
}

/** What is wrong with a call that may carry this token, as an error code; 0 when nothing is. */
function judge(state: SandboxState, exchange: Exchange, token: string): number {
  const code = state.nextApiFault()
  if (code !== undefined) return code
  const caller = callerOf(state, exchange, token)
  if (typeof caller === 'number') return caller
  return state.admit(caller) ? 0 : 18
}

function fail(state: SandboxState, exchange: Exchange, code: number): void {
  const { classic = false } = state.options
  const isTokenError = code === 110 || code === 111
  state.note(exchange.path, '', String(code))
  exchange.reply(
    classic && isTokenError ? 401 : 200,
    platformJson({
      error_code: classic ? String(code) : code,
      error_msg: MESSAGES[code] ?? 'error',
      ...(classic ? {} : { log_id: logId(state) }),
    }),
  )
}

function succeed(state: SandboxState, exchange: Exchange, body: Record<string, unknown>): void {
  state.note(exchange.path, '', 'ok')
  exchange.reply(200, platformJson(body))
}

function logId(state: SandboxState): number {
  return Number.parseInt(state.hex(12), 16)
}

const DICTIONARY: Readonly<Record<string, string>> = {
  你好: 'Hello',
  世界: 'World',
  早上好: 'Good morning',
  谢谢: 'Thank you',
  再见: 'Goodbye',
}

/** Text translation: `{ q, from, to }`. */
function translate(state: SandboxState, exchange: Exchange): void {
  const code = judge(state, exchange, exchange.query.get('access_token') ?? '')
  if (code !== 0) return fail(state, exchange, code)
  const { q, from = 'auto', to } = exchange.json
  if (typeof q !== 'string' || typeof to !== 'string') return fail(state, exchange, 216_100)
  const dst = DICTIONARY[q] ?? `[${to}] ${q}`
  succeed(state, exchange, { result: { from, trans_result: [{ dst, src: q }], to }, log_id: logId(state) })
}

/** General text recognition: a form with `image` (base64) or `url`. */
function recogniseText(state: SandboxState, exchange: Exchange): void {
  const code = judge(state, exchange, exchange.query.get('access_token') ?? '')
  if (code !== 0) return fail(state, exchange, code)
  const { form } = exchange
  if (!form.get('image') && !form.get('url')) return fail(state, exchange, 216_200)
  const words = [{ words: '百度智能云' }, { words: 'Sandbox' }]
  succeed(state, exchange, { words_result: words, words_result_num: words.length, log_id: logId(state) })
}

/** Speech recognition: the token in the JSON body, or in the query in raw mode. An envelope of its own. */
function recogniseSpeech(state: SandboxState, exchange: Exchange): void {
  const inBody = exchange.json.token
  const code = judge(
    state,
    exchange,
    typeof inBody === 'string' ? inBody : (exchange.query.get('token') ?? ''),
  )
  const sn = state.hex(32)
  state.note(exchange.path, '', code === 0 ? 'ok' : String(code))
  if (code === 0)
    return exchange.reply(
      200,
      platformJson({ corpus_no: sn, err_msg: 'success.', err_no: 0, result: ['北京天气'], sn }),
    )
  // One code for a bad token, a used-up quota and a wrong sample rate.
  const busy = code === 18 || code === 4
  const err_no = busy ? 3304 : code >= 282_000 ? 3303 : 3302
  const err_msg = busy ? 'request pv too much' : code >= 282_000 ? 'server error' : 'authentication failed'
  exchange.reply(200, platformJson({ err_msg, err_no, sn }))
}

/** Speech synthesis: `tok` and `tex` in form or query; sound, or an error in JSON with a subcode. */
function synthesise(state: SandboxState, exchange: Exchange): void {
  const parameter = (name: string) => exchange.form.get(name) ?? exchange.query.get(name) ?? ''
  const code = judge(state, exchange, parameter('tok'))
  state.note(exchange.path, '', code === 0 ? 'ok' : String(code))
  if (code === 0 && parameter('tex') !== '') {
    return exchange.reply(200, Buffer.from('ID3 sandbox sound'), { 'Content-Type': 'audio/mp3' })
  }
  const about =
    code === 0
      ? { err_detail: 'no text', err_msg: 'parameter error.', err_no: 501 }
      : code >= 282_000
        ? { err_detail: 'backend', err_msg: 'backend error.', err_no: 503 }
        : {
            err_detail: MESSAGES[code] ?? 'error',
            err_msg: 'authentication failed.',
            err_no: 502,
            // The token is meant by 110 only; anything else is about the application.
            err_subcode: code === 110 || code === 111 ? 110 : 404,
          }
  exchange.reply(200, platformJson({ ...about, tts_logid: logId(state) }))
}
