import {
  type ClientAuthentication,
  EvergrantError,
  encodeForm,
  fail,
  type HttpRequest,
  type TokenDialect,
  type TokenRequest,
} from '@evergrant/core'
import type { ClientCredentials } from './client-authentication.ts'
import { readSecret } from './secret.ts'

/**
 * Says a token request as a server wants it that has a dialect of its own. What cannot be said in it is not sent:
 * rejects with `unsupported_grant_type`, `invalid_scope` or `invalid_target`.
 */
export function dialectAuthentication(
  dialect: TokenDialect,
  client: ClientCredentials,
): ClientAuthentication {
  return {
    async authenticate(request) {
      requireSayable(request)
      const id = await readSecret(client.id, 'client id')
      const secret = await readSecret(client.secret, 'client secret')
      return said(dialect, request, id, secret)
    },
  }
}

function said(
  { format, parameters = [], idParameter, secretParameter }: TokenDialect,
  { endpoint, headers, secrets }: TokenRequest,
  id: string,
  secret: string,
): HttpRequest {
  const all = [...parameters, [idParameter, id] as const, [secretParameter, secret] as const]
  const known = [...secrets, secret]
  if (format === 'json') {
    return {
      method: 'POST',
      url: endpoint,
      headers: [...headers, ['content-type', 'application/json; charset=utf-8']],
      body: JSON.stringify(Object.fromEntries(all)),
      secrets: known,
    }
  }
  const query = encodeForm(all.map(([name, value]) => [name, String(value)]))
  const url = `${endpoint}${endpoint.includes('?') ? '&' : '?'}${query}`
  return { method: 'GET', url, headers, body: undefined, secrets: known }
}

function requireSayable({ parameters }: TokenRequest): void {
  for (const [name, value] of parameters) {
    if (name === 'grant_type' && value === 'client_credentials') continue
    const code =
      name === 'grant_type' ? 'unsupported_grant_type' : name === 'scope' ? 'invalid_scope' : 'invalid_target'
    const message = `This provider gives tokens for client id and secret, and for nothing else; leave out ${name}.`
    throw new EvergrantError(fail(code, { message }))
  }
}
