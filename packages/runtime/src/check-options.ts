import { isScopeToken } from '@evergrant/core'
import type { GrantOptions } from './grant-options.ts'
import { invalidOption } from './invalid-option.ts'

/**
 * Options as a program may really give them: types do not hold in JavaScript, nor for variables that are not set. What
 * is wrong is said where it was written, and what to write instead.
 *
 * @module
 */

/** `hasStore`: whether grants are kept in a store that others may have part in. */
export function checkGrant(options: GrantOptions, hasStore: boolean): void {
  const { provider, client, grant, role, subject, scopes = [] }: Partial<GrantOptions> = options ?? {}
  requireObject('provider', provider, ['name', 'tokenEndpoint'], 'string')
  requireText('client.id', client?.id)
  if (grant !== undefined) requireOneOf('grant.type', grant?.type, GRANT_TYPES)
  // Client credentials are for confidential clients (RFC 6749 §4.4): a missing secret is a mistake, not a public client.
  const isOpen = (grant !== undefined && grant.type !== 'client_credentials') || client?.authentication
  if (!isOpen || client?.secret !== undefined) requireText('client.secret', client?.secret)
  if (grant?.type === 'token_exchange') {
    requireObject('grant', grant, ['open'], 'function')
    // Without a name, the tokens of two subjects would be one grant, and one of them would get the other's.
    if (subject === undefined) throw invalidOption('subject is missing, which says whose token is exchanged')
  }
  if (role !== undefined) requireOneOf('role', role, ['renewer', 'follower'])
  if (role === 'follower' && !hasStore) {
    throw invalidOption('role is follower and store is missing; give the store that the renewer writes to')
  }
  requireScopes(scopes)
}

export function checkStore(store: unknown): void {
  if (store === undefined) return
  requireObject('store', store, ['read', 'write'], 'function')
}

const GRANT_TYPES = ['client_credentials', 'refresh_token', 'token_exchange']

/** The value is never quoted: the URL of a store may have a password in it. */
function requireObject(option: keyof typeof MAKERS, value: unknown, members: string[], type: string): void {
  if (typeof value === 'function') throw invalidOption(`${option} is a function; call it: ${value.name}()`)
  if (members.every(member => typeof Object(value)[member] === type)) return
  const problem = value === undefined ? 'missing' : `no object with ${members.join(' and ')}`
  throw invalidOption(`${option} is ${problem}; give what ${MAKERS[option]} returns`)
}

const MAKERS = {
  provider: 'baidu() or oauthProvider(), or the promise of discoverProvider(),',
  grant: 'tokenExchange()',
  store: 'memoryStore() or redisStore()',
}

function requireText(option: string, value: unknown): void {
  if (typeof value === 'string' || typeof Object(value).read === 'function') return
  const isSet = (value ?? undefined) !== undefined
  const problem = isSet
    ? 'neither text nor a secret'
    : 'missing, or the variable that it comes from is not set'
  throw invalidOption(`${option} is ${problem}; write client: { id, secret }, each a text, env() or secret()`)
}

function requireOneOf(option: string, value: unknown, values: readonly string[]): void {
  if (values.includes(value as string)) return
  const given = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeof value
  throw invalidOption(`${option} is ${given}, not one of ${values.join(', ')}`)
}

/** A text of several scopes would be one grant, and the list of them another one. */
function requireScopes(scopes: unknown): void {
  if (!Array.isArray(scopes)) throw invalidOption('scopes is not a list')
  const odd = scopes.find(scope => !isScopeToken(scope))
  if (odd === undefined) return
  throw invalidOption(
    `scopes has ${JSON.stringify(odd)}, which is no scope token (RFC 6749 §3.3); write each as one item`,
  )
}
