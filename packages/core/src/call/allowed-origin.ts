import { EvergrantError } from '../failure/evergrant-error.ts'
import { fail } from '../failure/fail.ts'
import { maySendCredentials } from '../ports/secure-endpoint.ts'

/** The parts of a URL that say who is spoken to. */
export interface Origin {
  /** `https:` */
  readonly protocol: string
  readonly hostname: string
  /** Empty for the protocol's own. */
  readonly port: string
}

/** Decides whether an origin may be shown a token. */
export type OriginTest = (origin: Origin) => boolean

const PATTERN = /^(https?):\/\/(\*\.)?((?:[a-z0-9-]+\.)*[a-z0-9-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/

/**
 * The test of a list of origins. A pattern is a scheme, a host in lower case (`*.` before it stands for every host
 * below, not for the host itself) and a port where it is not the usual one. Plain http is for loopback hosts only,
 * and only where the list names them.
 *
 * Throws an `EvergrantError` of code `invalid_option` for a pattern that is none.
 */
export function originTest(patterns: readonly string[]): OriginTest {
  const tests = patterns.map(testOf)
  return origin => tests.some(test => test(origin))
}

function testOf(pattern: string): OriginTest {
  const parts = PATTERN.exec(pattern)
  if (parts === null) throw invalid(pattern, 'write it as "https://api.example" or "https://*.api.example"')
  const [, scheme = '', wildcard, host = '', port = ''] = parts
  const protocol = `${scheme}:`
  if (!maySendCredentials({ protocol, hostname: host }, true)) {
    throw invalid(pattern, 'tokens are sent over https, or in clear to this very machine only')
  }
  const suffix = `.${host}`
  const usual = protocol === 'https:' ? '443' : '80'
  const wanted = port === usual ? '' : port
  return origin =>
    origin.protocol === protocol &&
    origin.port === wanted &&
    (wildcard === undefined ? origin.hostname === host : origin.hostname.endsWith(suffix))
}

function invalid(pattern: string, remedy: string): EvergrantError {
  const message = `Invalid option: "${pattern}" is not an origin that may be shown a token; ${remedy}.`
  return new EvergrantError(fail('invalid_option', { message }))
}
