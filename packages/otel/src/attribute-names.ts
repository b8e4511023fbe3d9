/** Names of attributes: those of OpenTelemetry's conventions where there is one, else under `evergrant.`. */
export const PROVIDER = 'evergrant.provider'
export const GRANT = 'evergrant.grant'
export const REASON = 'evergrant.renewal.reason'
export const OUTCOME = 'evergrant.renewal.outcome'
export const GUARDED = 'evergrant.renewal.guarded'
export const GENERATION = 'evergrant.token.generation'
export const LIFE_S = 'evergrant.token.life'
export const FRESH = 'evergrant.token.fresh'
export const SERVER = 'evergrant.server'
export const RETRY = 'evergrant.call.retry'
export const API = 'evergrant.api'
export const CIRCUIT = 'evergrant.circuit.state'
export const ANOMALY = 'evergrant.anomaly.type'
export const DELIVERY = 'evergrant.delivery'
export const ERROR_TYPE = 'error.type'
export const METHOD = 'http.request.method'
export const STATUS = 'http.response.status_code'
export const ADDRESS = 'server.address'
export const PORT = 'server.port'
export const URL_FULL = 'url.full'

const CODE = /^(\d{1,8}|[a-z]{1,24}(_[a-z]{1,24}){0,6}|http_\d{3}|[A-Z][A-Za-z]{1,48})$/

/**
 * A failure's code as the value of `error.type`. Codes come from servers, too: what does not look like one, and might
 * be anything, is `_OTHER`.
 */
export function errorType(code: string): string {
  return CODE.test(code) ? code : '_OTHER'
}

const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])

/** A method as the conventions want it, so that nobody can make as many series as there are words. */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : '_OTHER'
}
