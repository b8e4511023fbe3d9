import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Who asks: whoever may have tokens, whoever may look at their state, or somebody who has said nothing about it. */
export type Role = 'user' | 'viewer' | 'stranger'

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 421
  readonly error:
    | 'invalid_request'
    | 'agent_key_missing'
    | 'agent_key_wrong'
    | 'browser_refused'
    | 'proxy_refused'
    | 'host_unknown'
  readonly message: string
}

/** What is known of a door that requests come through. */
export interface Door {
  readonly kind: 'socket' | 'port'
  /** What whoever has a role sends; `undefined` where whoever comes in may have tokens. */
  readonly keys: Readonly<Record<'user' | 'viewer', string>> | undefined
}

/** What a proxy adds: then the one who connects is not the one who asks. */
const OF_PROXIES = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/**
 * Who asks, or why there is no answer.
 *
 * Web pages can have a browser send requests to this machine, also by a name of theirs that resolves to it (DNS rebinding).
 * They cannot choose these headers: `Host` is the name, where nobody's page has an address; `Origin` and `Sec-Fetch-Site`
 * tell of a page from elsewhere.
 */
export function admit(
  { headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>,
  door: Door,
): Role | Refusal {
  if (!/^\/(?!\/)/.test(url) || !URL.canParse(url, 'http://agent')) {
    return refusal(400, 'invalid_request', 'The target of a request is a path.')
  }
  if (door.kind === 'port' && !isAddress(headers.host ?? '')) {
    return refusal(
      421,
      'host_unknown',
      'The agent is called by its address, or as localhost, and by no other name.',
    )
  }
  const site = headers['sec-fetch-site'] ?? 'none'
  if (headers.origin !== undefined || (site !== 'none' && site !== 'same-origin')) {
    return refusal(403, 'browser_refused', 'The agent does not answer to web pages.')
  }
  if (OF_PROXIES.some(name => headers[name] !== undefined)) {
    const message = 'The agent is not to be reached through a proxy; leave it out for this address.'
    return refusal(403, 'proxy_refused', message)
  }
  return door.keys === undefined ? 'user' : roleOf(headers.authorization, door.keys)
}

/** Whether a `Host` is an address, or the name that is this machine everywhere. */
function isAddress(host: string): boolean {
  const [, name = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host.toLowerCase()) ?? []
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
}

function roleOf(authorization: string | undefined, keys: NonNullable<Door['keys']>): Role | Refusal {
  if (authorization === undefined) return 'stranger'
  const given = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? ''
  for (const role of ['user', 'viewer'] as const) if (isSame(given, keys[role])) return role
  const message = 'This is not the key of the agent, which its key file holds; it may have changed.'
  return refusal(401, 'agent_key_wrong', message)
}

/** Why someone of a role is not shown what another may see. */
export function keyMissing(): Refusal {
  const message = 'Send "Authorization: Bearer <key>" with the key from the key file of the agent.'
  return refusal(401, 'agent_key_missing', message)
}

/** In a time that does not tell how much of it is right. */
function isSame(given: string, key: string): boolean {
  const [one, other] = [given, key].map(text => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}

function refusal(status: Refusal['status'], error: Refusal['error'], message: string): Refusal {
  return { status, error, message }
}
