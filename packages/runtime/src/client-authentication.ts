import {
  type ClientAuthentication,
  type ClientSecretMethod,
  encodeForm,
  encodeFormText,
  type HttpRequest,
  type Secret,
  type TokenRequest,
  toBase64,
  utf8Bytes,
} from '@evergrant/core'
import { readSecret } from './secret.ts'

/** A client that is known to the authorization server by an id and a secret (RFC 6749 §2.3.1). */
export interface ClientCredentials {
  readonly id: string | Secret
  readonly secret: string | Secret
}

type Encoder = (request: TokenRequest, id: string, secret: string) => HttpRequest

/**
 * Sends the credentials in the Authorization header (RFC 6749 §2.3.1). Id and secret are form-encoded first, as
 * appendix B asks for; `encoding: 'raw'` is for servers that do not decode them.
 */
export function clientSecretBasic(
  client: ClientCredentials,
  options: { readonly encoding?: 'form' | 'raw' } = {},
): ClientAuthentication {
  const encode = options.encoding === 'raw' ? (text: string) => text : encodeFormText
  return authentication(client, (request, id, secret) => {
    const credentials = toBase64(utf8Bytes(`${encode(id)}:${encode(secret)}`))
    return post(
      request,
      encodeForm(request.parameters),
      [['authorization', `Basic ${credentials}`]],
      [secret, credentials],
    )
  })
}

/** Sends the credentials in the form body (RFC 6749 §2.3.1, where Basic is preferred but not required). */
export function clientSecretPost(client: ClientCredentials): ClientAuthentication {
  return authentication(client, (request, id, secret) =>
    post(request, encodeForm([...request.parameters, ...pair(id, secret)]), [], [secret]),
  )
}

/** Names the client and proves nothing: for public clients (RFC 6749 §2.1), which PKCE protects instead. */
export function publicClient(client: Pick<ClientCredentials, 'id'>): ClientAuthentication {
  return {
    async authenticate(request) {
      const id = await readSecret(client.id, 'client id')
      return post(request, encodeForm([...request.parameters, ['client_id', id]]), [], [])
    },
  }
}

/**
 * Names the client, which proves itself by the certificate of its TLS connection: `tls_client_auth` and
 * `self_signed_tls_client_auth` (RFC 8705 §2). The certificate is the transport's: `cert` and `key` of
 * `undiciTransport()`.
 */
export function tlsClientAuth(client: Pick<ClientCredentials, 'id'>): ClientAuthentication {
  return publicClient(client)
}

/**
 * Sends everything in the URL. RFC 6749 §2.3.1 forbids it, because URLs end up in logs; this is for servers
 * that leave no other way.
 */
export function clientSecretQuery(
  client: ClientCredentials,
  options: { readonly method?: 'GET' | 'POST' } = {},
): ClientAuthentication {
  return authentication(client, (request, id, secret) => {
    const query = encodeForm([...request.parameters, ...pair(id, secret)])
    return {
      method: options.method ?? 'POST',
      url: `${request.endpoint}${request.endpoint.includes('?') ? '&' : '?'}${query}`,
      headers: request.headers,
      body: undefined,
      secrets: [...request.secrets, secret],
    }
  })
}

/** The authentication of a name that a provider gives. */
export function clientSecretBy(method: ClientSecretMethod, client: ClientCredentials): ClientAuthentication {
  switch (method) {
    case 'client_secret_basic':
      return clientSecretBasic(client)
    case 'client_secret_post':
      return clientSecretPost(client)
    case 'client_secret_query':
      return clientSecretQuery(client)
  }
}

function authentication(client: ClientCredentials, encode: Encoder): ClientAuthentication {
  return {
    async authenticate(request) {
      const id = await readSecret(client.id, 'client id')
      const secret = await readSecret(client.secret, 'client secret')
      return encode(request, id, secret)
    },
  }
}

function pair(id: string, secret: string): [string, string][] {
  return [
    ['client_id', id],
    ['client_secret', secret],
  ]
}

function post(
  request: TokenRequest,
  body: string,
  headers: readonly (readonly [string, string])[],
  secrets: readonly string[],
): HttpRequest {
  return {
    method: 'POST',
    url: request.endpoint,
    headers: [...request.headers, ['content-type', 'application/x-www-form-urlencoded'], ...headers],
    body,
    secrets: [...request.secrets, ...secrets],
  }
}
