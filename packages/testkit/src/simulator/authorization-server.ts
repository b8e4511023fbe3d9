import type { HttpResponse } from '@evergrant/core'
import { SECRET_MARK, type SimulatedGrant } from './simulated-grant.ts'

/** An access token that the server has issued. */
export interface Issue {
  /** Counts the tokens of the server. */
  readonly number: number
  readonly grant: SimulatedGrant
  readonly accessToken: string
  /** The refresh token that came with it; `undefined` when none did. */
  readonly refreshToken: string | undefined
  readonly issuedAt: number
  /** True time. */
  readonly expiresAt: number
  revoked: boolean
}

/** What the server made of a request. */
export interface Answer {
  readonly response: HttpResponse
  /** The token in it; `undefined` when the request was refused. */
  readonly issue: Issue | undefined
  /** Whether a refresh token was used up, or its family revoked. */
  readonly consumed: boolean
}

/** All refresh tokens that descend from one sign-in. */
interface Family {
  readonly grant: SimulatedGrant
  readonly issues: Issue[]
  /** The one that works. */
  live: string
  /** When those before it were spent, true time. */
  readonly spent: Map<string, number>
  revoked: boolean
}

/** A repeating server goes on giving the same token until this part of its life is left. */
const REPEAT_UNTIL_FRACTION = 0.1
/** How often a server that does not always rotate leaves a refresh token in use: every third time. */
const KEEP_EVERY = 3

/**
 * An authorization server with a clock that is right: client credentials, refresh tokens that work once, with
 * reuse detection that revokes the whole family or with a grace period, and revocation.
 */
export class AuthorizationServer {
  readonly #issues = new Map<string, Issue>()
  readonly #families = new Map<string, Family>()
  readonly #newest = new Map<SimulatedGrant, Issue>()
  readonly #clients: ReadonlyMap<string, SimulatedGrant>
  readonly #now: () => number
  #count = 0

  constructor(grants: readonly SimulatedGrant[], now: () => number) {
    this.#clients = new Map(grants.map(grant => [grant.clientId, grant]))
    this.#now = now
  }

  /** The token of this text; `undefined` when it was never issued. */
  issueOf(accessToken: string): Issue | undefined {
    return this.#issues.get(accessToken)
  }

  /** What a resource server thinks of a token. */
  accepts(accessToken: string): boolean {
    const issue = this.#issues.get(accessToken)
    return issue !== undefined && !issue.revoked && this.#now() < issue.expiresAt
  }

  /** A user signs in: a new family, and the first token of it. */
  signIn(grant: SimulatedGrant): { readonly issue: Issue; readonly refreshToken: string } {
    const refreshToken = this.#newText('refresh')
    const family: Family = { grant, issues: [], live: refreshToken, spent: new Map(), revoked: false }
    this.#families.set(refreshToken, family)
    return { issue: this.#issue(grant, refreshToken, family), refreshToken }
  }

  /** The newest access token of a grant is no good any more. Returns whether there was one that was. */
  revokeToken(grant: SimulatedGrant): boolean {
    const issue = this.#newest.get(grant)
    if (issue === undefined || issue.revoked) return false
    issue.revoked = true
    return true
  }

  /** No access token of a grant is any good any more; its refresh token is. */
  revokeTokens(grant: SimulatedGrant): void {
    for (const issue of this.#issues.values()) if (issue.grant === grant) issue.revoked = true
  }

  /** The user takes the grant back, with all that ever came of it. Returns whether there was anything. */
  revokeGrant(grant: SimulatedGrant): boolean {
    const families = [...this.#families.values()].filter(family => family.grant === grant && !family.revoked)
    for (const family of families) revoke(family)
    return families.length > 0
  }

  /** Answers a token request. */
  handle(form: URLSearchParams): Answer {
    const grant = this.#clients.get(form.get('client_id') ?? '')
    if (grant === undefined || form.get('client_secret') !== grant.clientSecret) {
      return refusal(401, 'invalid_client', form.get('client_secret'))
    }
    if (form.get('grant_type') === 'refresh_token') {
      return this.#refresh(grant, form.get('refresh_token') ?? '')
    }
    if (grant.delegated) return refusal(400, 'unauthorized_client', null)
    return this.#grantToClient(grant)
  }

  #grantToClient(grant: SimulatedGrant): Answer {
    const { repeats, lifeMs, kind } = grant.rules
    const held = this.#newest.get(grant)
    const now = this.#now()
    if (repeats && held && !held.revoked && held.expiresAt - now > lifeMs * REPEAT_UNTIL_FRACTION) {
      return { response: this.#success(held, undefined), issue: held, consumed: false }
    }
    if (kind !== 'client_refreshed') {
      const issue = this.#issue(grant, undefined, undefined)
      return { response: this.#success(issue, undefined), issue, consumed: false }
    }
    const { issue, refreshToken } = this.signIn(grant)
    return { response: this.#success(issue, refreshToken), issue, consumed: false }
  }

  #refresh(grant: SimulatedGrant, presented: string): Answer {
    const family = this.#families.get(presented)
    if (family === undefined || family.grant !== grant || family.revoked) {
      return refusal(400, 'invalid_grant', presented)
    }
    if (!grant.spends) {
      const issue = this.#issue(grant, undefined, family)
      return { response: this.#success(issue, undefined), issue, consumed: false }
    }
    const now = this.#now()
    const spentAt = family.spent.get(presented)
    if (spentAt !== undefined) {
      if (now - spentAt >= grant.rules.graceMs) {
        revoke(family)
        return { ...refusal(400, 'invalid_grant', presented), consumed: true }
      }
      // Within the grace period the successor is told again.
      const issue = this.#issue(grant, family.live, family)
      return { response: this.#success(issue, family.live), issue, consumed: false }
    }
    if (!grant.rules.rotatesAlways && this.#count % KEEP_EVERY === 0) {
      const issue = this.#issue(grant, undefined, family)
      return { response: this.#success(issue, undefined), issue, consumed: false }
    }
    family.spent.set(presented, now)
    family.live = this.#newText('refresh')
    this.#families.set(family.live, family)
    const issue = this.#issue(grant, family.live, family)
    return { response: this.#success(issue, family.live), issue, consumed: true }
  }

  #issue(grant: SimulatedGrant, refreshToken: string | undefined, family: Family | undefined): Issue {
    const now = this.#now()
    const issue: Issue = {
      number: this.#count + 1,
      grant,
      accessToken: this.#newText('access'),
      refreshToken,
      issuedAt: now,
      expiresAt: now + grant.rules.lifeMs,
      revoked: false,
    }
    this.#issues.set(issue.accessToken, issue)
    this.#newest.set(grant, issue)
    family?.issues.push(issue)
    return issue
  }

  #newText(kind: 'access' | 'refresh'): string {
    return `${kind}-${SECRET_MARK}-${++this.#count}`
  }

  #success({ accessToken, expiresAt, grant }: Issue, refreshToken: string | undefined): HttpResponse {
    const seconds = Math.floor((expiresAt - this.#now()) / 1_000)
    const { lifetimeAs } = grant.rules
    return json(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      ...(lifetimeAs === 'absent' ? {} : { expires_in: lifetimeAs === 'text' ? String(seconds) : seconds }),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    })
  }
}

function revoke(family: Family): void {
  family.revoked = true
  for (const issue of family.issues) issue.revoked = true
}

/** A refusal that quotes what it was given, as careless servers do. */
export function refusal(status: number, error: string, quoted: string | null): Answer {
  const response = json(status, { error, error_description: `This will not do: ${quoted ?? error}` })
  return { response, issue: undefined, consumed: false }
}

/** An answer with a JSON body. */
export function json(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: HttpResponse['headers'] = [],
): HttpResponse {
  return { status, headers: [['content-type', 'application/json'], ...headers], body: JSON.stringify(body) }
}
