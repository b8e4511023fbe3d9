import type { IncomingMessage } from 'node:http'
import { EvergrantError, fingerprintOf } from '@evergrant/core'
import type { AgentUse } from './agent-use.ts'
import { dashboardPage } from './dashboard/dashboard-page.ts'
import { board } from './dashboard/grant-card.ts'
import { type FailureInChinese, type Words, wordsFor } from './dashboard/words.ts'
import { keyMissing, type Refusal, type Role } from './gatekeeper.ts'
import { readJsonBody } from './json-body.ts'
import { type Answer, failureAnswer, tokenAnswer } from './token-answer.ts'
import type { WatchedGrant } from './watched-grant.ts'

/** What all requests are answered from. */
export interface Desk {
  readonly grants: ReadonlyMap<string, WatchedGrant>
  readonly startedAt: number
  readonly metrics: (() => Promise<string>) | undefined
  readonly inChinese: FailureInChinese | undefined
  /** Rejects what cannot be written down. */
  readonly onUse: (use: AgentUse) => Promise<unknown>
}

/** A request that was let in. */
export interface Visit {
  readonly request: IncomingMessage
  readonly role: Role
  readonly door: AgentUse['door']
  /** Ends when the caller has left. */
  readonly signal: AbortSignal
}

const GRANT_PATH = /^\/v1\/grants\/([^/]+)\/(token|rejections)$/
/** The longest life that a caller may ask for, in s: a year. */
const MIN_VALID_S_MAX = 31_536_000

/** The answer to a request. */
export async function answerTo(visit: Visit, desk: Desk): Promise<Answer> {
  const { method = '', url = '/' } = visit.request
  const { pathname, searchParams } = new URL(url, 'http://agent')
  if (pathname === '/v1/token') {
    const sole = desk.grants.get('default') ?? soleOf(desk.grants)
    return forUsers(visit, 'GET', async () => {
      if (sole !== undefined) return handOut(sole, searchParams, visit, desk)
      return notFound(`the agent has several grants: ask for /v1/grants/<name>/token, of ${namesOf(desk)}`)
    })
  }
  const [, name = '', what] = GRANT_PATH.exec(pathname) ?? []
  if (what !== undefined) {
    const grant = desk.grants.get(name)
    return forUsers(visit, what === 'token' ? 'GET' : 'POST', async () => {
      if (grant === undefined) return notFound(`the agent has no grant of this name; it has ${namesOf(desk)}`)
      return what === 'token'
        ? handOut(grant, searchParams, visit, desk)
        : hearOfRejection(grant, visit, desk)
    })
  }
  if (method !== 'GET' && method !== 'HEAD') return wrongMethod('GET')
  const words = wordsFor(visit.request.headers['accept-language'], desk.inChinese)
  if (pathname === '/') return dashboardPage(words)
  if (pathname === '/healthz') return health(desk)
  if (pathname === '/v1/grants') return forViewers(visit, async () => status(desk))
  if (pathname === '/board') return forViewers(visit, async () => boardOf(desk, words))
  const { metrics } = desk
  if (pathname === '/metrics' && metrics !== undefined) return forViewers(visit, () => exposed(metrics))
  return notFound('there is /v1/token, /v1/grants, /v1/grants/<name>/token, /healthz and /metrics')
}

async function handOut(
  grant: WatchedGrant,
  query: URLSearchParams,
  { signal, door }: Visit,
  { onUse }: Desk,
): Promise<Answer> {
  const minValidS = query.get('min_valid_s') ?? '0'
  if (!/^\d{1,9}$/.test(minValidS) || Number(minValidS) > MIN_VALID_S_MAX) {
    return refused(400, 'invalid_request', `min_valid_s is a number of seconds up to ${MIN_VALID_S_MAX}.`)
  }
  try {
    const token = await grant
      .token({ minValidForMs: Number(minValidS) * 1_000, signal })
      .catch(async error => {
        const code = EvergrantError.is(error) ? error.code : 'defect'
        await onUse({ ...useOf(grant, door), what: 'token.refused', code })
        throw error
      })
    await onUse({ ...useOf(grant, door), what: 'token.handed_out', fingerprint: token.fingerprint })
    grant.served += 1
    return tokenAnswer(token, Date.now())
  } catch (error) {
    grant.refused += 1
    const answer = failureAnswer(error)
    if (answer === undefined) throw error
    return answer
  }
}

async function hearOfRejection(
  grant: WatchedGrant,
  { request, door }: Visit,
  { onUse }: Desk,
): Promise<Answer> {
  const body = await readJsonBody(request)
  const token = body?.access_token
  if (typeof token !== 'string' || token === '') {
    const wanted = 'Send {"access_token": "…"} as application/json: the token that an API did not accept.'
    return refused(400, 'invalid_request', wanted)
  }
  await onUse({ ...useOf(grant, door), what: 'token.rejected', fingerprint: fingerprintOf(token) })
  grant.source.reject(token)
  return { status: 204 }
}

function useOf({ name, origin }: WatchedGrant, door: AgentUse['door']): Omit<AgentUse, 'what'> {
  return { name, origin, door, fingerprint: undefined, code: undefined }
}

function status({ grants, startedAt }: Desk): Answer {
  return {
    status: 200,
    body: { now: Date.now(), started_at: startedAt, grants: [...grants.values()].map(grant => grant.view()) },
  }
}

function boardOf({ grants, startedAt }: Desk, words: Words): Answer {
  const now = Date.now()
  const views = [...grants.values()].map(grant => grant.view())
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: board(views, now - startedAt, now, words),
  }
}

/** For whoever watches over processes: says nothing of what the grants are. */
function health({ grants }: Desk): Answer {
  const usable = [...grants.values()].filter(grant => grant.isUsable).length
  const isWell = usable === grants.size
  return {
    status: isWell ? 200 : 503,
    body: { status: isWell ? 'ok' : 'degraded', usable, grants: grants.size },
  }
}

async function exposed(metrics: () => Promise<string>): Promise<Answer> {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: await metrics(),
  }
}

function forUsers(visit: Visit, method: string, answer: () => Promise<Answer>): Answer | Promise<Answer> {
  if (visit.role !== 'user') return ofRefusal(keyMissing())
  return visit.request.method === method ? answer() : wrongMethod(method)
}

function forViewers({ role }: Visit, answer: () => Promise<Answer>): Answer | Promise<Answer> {
  return role === 'stranger' ? ofRefusal(keyMissing()) : answer()
}

export function ofRefusal({ status, error, message }: Refusal): Answer {
  const headers = status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}
  return { ...refused(status, error, message), ...headers }
}

function notFound(what: string): Answer {
  return refused(404, 'not_found', `Nothing is here; ${what}.`)
}

function wrongMethod(right: string): Answer {
  return { ...refused(405, 'method_not_allowed', `This takes ${right}.`), headers: { allow: right } }
}

function refused(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}

function soleOf(grants: ReadonlyMap<string, WatchedGrant>): WatchedGrant | undefined {
  return grants.size === 1 ? grants.values().next().value : undefined
}

function namesOf({ grants }: Desk): string {
  return [...grants.keys()].join(', ')
}
