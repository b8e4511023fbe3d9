import type { HttpRequest, HttpResponse } from '@evergrant/core'
import { held, jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { tokenRevocation } from '../src/flows.ts'
import { type GrantOptions, tokenSource } from '../src/index.ts'
import { failureOf, PROVIDER, type Rig, rig } from './support/rig.ts'

const REVOKING = { ...PROVIDER, revocationEndpoint: 'https://as.example/revoke' }
const REVOCATION = { revocation: tokenRevocation() }
const HOUR_MS = 3_600_000

interface Subject extends Rig {
  /** What was revoked, in order. */
  readonly revoked: string[]
}

type Answer = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

/** A source of a delegated grant, at a server that answers revocations with `answer`. */
function delegated(options: Partial<GrantOptions> = {}, answer: Answer = () => jsonResponse({})): Subject {
  const revoked: string[] = []
  let count = 1
  const subject = rig(
    {
      provider: REVOKING,
      grant: { type: 'refresh_token' },
      ...options,
    },
    request => {
      if (request.url === REVOKING.revocationEndpoint) {
        revoked.push(new URLSearchParams(request.body).get('token') ?? '')
        return answer(request)
      }
      count += 1
      return jsonResponse({
        access_token: `access-${count}`,
        refresh_token: `refresh-${count}`,
        expires_in: 3_600,
      })
    },
  )
  return { ...subject, revoked }
}

async function signedIn(options: Partial<GrantOptions> = {}, answer?: Answer): Promise<Subject> {
  const subject = delegated({ ...REVOCATION, ...options }, answer)
  const expiresAt = subject.clock.now() + HOUR_MS
  await subject.source.receive({ accessToken: 'access-1', refreshToken: 'refresh-1', expiresAt })
  return subject
}

describe('signing out', () => {
  it('revokes the refresh token, then the access token, and forgets both', async () => {
    const { source, revoked } = await signedIn()
    expect(await source.signOut()).toEqual({ revoked: ['refresh_token', 'access_token'] })
    expect(revoked).toEqual(['refresh-1', 'access-1'])
    expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize', code: 'grant_dropped' })
  })

  it('revokes what the store has, though this process has never read it', async () => {
    const { store, clock, transport, revoked } = await signedIn()
    const options = { provider: REVOKING, client: { id: 'the-id', secret: 'the-s3cret' } }
    const other = tokenSource({
      ...options,
      grant: { type: 'refresh_token' },
      revocation: tokenRevocation(),
      store,
      clock,
      transport,
    })
    await other.signOut()
    expect(revoked).toEqual(['refresh-1', 'access-1'])
  })

  it('waits for a renewal that is under way, and revokes what it brings', async () => {
    const { source, clock, revoked } = await signedIn()
    await clock.advance(HOUR_MS)
    const renewed = source.token()
    const signedOut = source.signOut()
    await renewed
    await signedOut
    expect(revoked).toEqual(['refresh-2', 'access-2'])
  })

  it('revokes what another process has won between the server and the store', async () => {
    const subject: Subject = await signedIn({}, async () => {
      if (subject.revoked.length === 1) {
        const expiresAt = subject.clock.now() + HOUR_MS
        await other.receive({ accessToken: 'access-9', refreshToken: 'refresh-9', expiresAt })
      }
      return jsonResponse({})
    })
    const { store, clock, transport, source, revoked } = subject
    const client = { id: 'the-id', secret: 'the-s3cret' }
    const grant = { type: 'refresh_token' } as const
    const other = tokenSource({ provider: REVOKING, client, grant, store, clock, transport })
    expect(await source.signOut()).toEqual({ revoked: ['refresh_token', 'access_token'] })
    expect(revoked).toEqual(['refresh-1', 'access-1', 'refresh-9', 'access-9'])
  })

  it('forgets the grant and tells why when the server does not revoke', async () => {
    const { source, clock, revoked } = await signedIn({}, () => jsonResponse({}, 503))
    const signedOut = source.signOut()
    await clock.advance(60_000)
    expect(await signedOut).toMatchObject({
      revoked: [],
      failure: { kind: 'retry', code: 'temporarily_unavailable' },
    })
    expect(revoked).toEqual(['refresh-1', 'refresh-1', 'refresh-1'])
    expect(await failureOf(source.token())).toMatchObject({ code: 'grant_dropped' })
  })

  it('waits no longer for the server than it is told', async () => {
    const { source, clock } = await signedIn({}, () => new Promise(() => undefined))
    const signedOut = source.signOut({ timeoutMs: 5_000 })
    await clock.advance(5_000)
    expect(await signedOut).toMatchObject({ revoked: [], failure: { code: 'request_timed_out' } })
  })

  it('goes on with the access token when the server revokes no refresh tokens', async () => {
    const { source } = await signedIn({}, request =>
      request.body?.includes('refresh-1')
        ? jsonResponse({ error: 'unsupported_token_type' }, 400)
        : jsonResponse({}),
    )
    expect(await source.signOut()).toMatchObject({
      revoked: ['access_token'],
      failure: { kind: 'configure', code: 'unsupported_token_type' },
    })
  })

  it('says so where the provider revokes nothing', async () => {
    const { source } = await signedIn({ provider: PROVIDER })
    expect(await source.signOut()).toMatchObject({
      revoked: [],
      failure: { kind: 'configure', code: 'endpoint_missing' },
    })
    expect(await failureOf(source.token())).toMatchObject({ code: 'grant_dropped' })
  })

  it('has nothing to revoke where nobody is signed in', async () => {
    expect(await delegated(REVOCATION).source.signOut()).toEqual({ revoked: [] })
  })

  it('revokes all the same when the store does not answer, and says that it is not stored', async () => {
    const { source, store, clock, revoked } = await signedIn()
    store.outage = 'refused'
    const failed = failureOf(source.signOut({ timeoutMs: 10_000 }))
    await clock.advance(60_000)
    expect(await failed).toMatchObject({ kind: 'retry', code: 'store_unreachable' })
    expect(revoked).toEqual(['refresh-1', 'access-1'])
  })

  it('is refused without a revocation, and changes nothing', async () => {
    const { source } = rig()
    await source.token()
    expect(await failureOf(source.signOut())).toMatchObject({ kind: 'configure', code: 'invalid_option' })
    expect(source.current()).toBeDefined()
  })
})

describe('a token that was won too late', () => {
  /** Two processes; the lease of the first has lapsed while its request was under way. */
  async function overtaken(revocation: Partial<GrantOptions> = REVOCATION) {
    const late = held()
    const subject = delegated({ grant: { type: 'client_credentials' }, ...revocation })
    const { store, clock, transport, source, events } = subject
    transport.expect(late.step)
    const waiting = source.token()
    await late.arrived
    const client = { id: 'the-id', secret: 'the-s3cret' }
    const other = tokenSource({ provider: REVOKING, client, store, clock, transport })
    // The first process stands still meanwhile.
    clock.jump(60_000)
    await other.token()
    late.answer(jsonResponse({ access_token: 'late', expires_in: 3_600 }))
    await waiting
    await clock.advance(0)
    expect(events.map(({ type }) => type)).toContain('renewal.overtaken')
    return subject
  }

  it('is revoked when callers have had a minute to be done with it', async () => {
    const { clock, revoked, events } = await overtaken()
    await clock.advance(59_000)
    expect(revoked).toEqual([])
    await clock.advance(1_000)
    expect(revoked).toEqual(['late'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'token.discarded', revoked: true }))
    expect(JSON.stringify(events)).not.toContain('late')
  })

  it('is revoked at once when the source is closed', async () => {
    const { source, revoked } = await overtaken()
    await source.close()
    expect(revoked).toEqual(['late'])
  })

  it('is left to end by itself where no revocation is wanted', async () => {
    const { clock, revoked } = await overtaken({})
    await clock.advance(600_000)
    expect(revoked).toEqual([])
  })
})
