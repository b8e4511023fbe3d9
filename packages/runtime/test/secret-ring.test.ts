import { inspect } from 'node:util'
import { EvergrantError, fail, type HttpRequest, type Secret } from '@evergrant/core'
import { jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { clientSecretBasic, secret, secretRing } from '../src/index.ts'
import { failureOf, rig } from './support/rig.ts'

const refusal = { status: 401, headers: [], body: '{"error":"invalid_client"}' } as const
const secretIn = (request: HttpRequest | undefined) =>
  new URLSearchParams(request?.body).get('client_secret') ?? ''

/** A server that takes these secrets, and gives token-1, token-2, … of an hour each. */
function serverThatTakes(...taken: string[]) {
  const accepted = new Set(taken)
  let count = 0
  const answer = (request: HttpRequest) =>
    accepted.has(secretIn(request))
      ? jsonResponse({ access_token: `token-${++count}`, expires_in: 3600 })
      : refusal
  return { accepted, answer }
}

interface Variable extends Secret {
  text: string | undefined
  reads: number
  forgotten: number
  read(): string
}

/** A source whose text a test changes, and which counts how often it was read and told to forget. */
function variable(text: string | undefined): Variable {
  const source: Variable = {
    text,
    reads: 0,
    forgotten: 0,
    read() {
      source.reads += 1
      if (source.text === undefined) throw new EvergrantError(fail('secret_unavailable'))
      return source.text
    },
    forget() {
      source.forgotten += 1
    },
  }
  return source
}

function ringRig(sources: readonly (string | Secret | undefined)[], ...taken: string[]) {
  const server = serverThatTakes(...taken)
  const ring = secretRing(sources)
  const made = rig({ client: { id: 'the-id', secret: ring } }, server.answer)
  const sent = () => made.transport.requests.map(secretIn)
  const switches = () => made.events.filter(event => event.type === 'secret.switched')
  return { ...made, server, ring, sent, switches }
}

describe('a ring of client secrets', () => {
  it('uses the first one for as long as it works', async () => {
    const { source, ring, sent, switches } = ringRig(['current', 'next'], 'current', 'next')
    await source.token()
    source.reject('token-1')
    await source.token()
    expect(sent()).toEqual(['current', 'current'])
    expect([switches(), ring.explain()]).toEqual([[], ['accepted', 'untried']])
    await source.close()
  })

  it('tries the next one within the same request when one is refused, and says what can be taken out', async () => {
    const { source, ring, server, sent, switches, events, clock } = ringRig(['old', 'new'], 'old')
    await source.token()
    server.accepted.clear()
    server.accepted.add('new')
    source.reject('token-1')
    expect((await source.token()).accessToken).toBe('token-2')
    expect(sent()).toEqual(['old', 'old', 'new'])
    expect(switches()).toEqual([
      expect.objectContaining({ type: 'secret.switched', from: 0, to: 1, removable: [0] }),
    ])
    expect(ring.explain()).toEqual(['refused', 'accepted'])
    expect(events.filter(event => event.type === 'renewal.failed')).toEqual([])
    await clock.advance(2 * 3_600_000)
    await source.token()
    expect(sent().slice(3)).toEqual(['new'])
    expect(switches()).toHaveLength(1)
    await source.close()
  })

  it('reads the source of a refused one anew before it goes on to another', async () => {
    const current = variable('old')
    const { source, sent, server, switches } = ringRig([current, 'previous'], 'old')
    await source.token()
    current.text = 'rotated'
    // A source that caches brings the old one until it is told to forget.
    current.read = () => (current.forgotten > 0 ? 'rotated' : 'old')
    server.accepted.clear()
    server.accepted.add('rotated')
    source.reject('token-1')
    await source.token()
    expect(sent()).toEqual(['old', 'old', 'rotated'])
    expect(switches()).toEqual([])
    await source.close()
  })

  it('passes over places that have no secret yet', async () => {
    const next = variable(undefined)
    const { source, sent } = ringRig([variable(undefined), next, 'previous', undefined], 'previous')
    await source.token()
    expect(sent()).toEqual(['previous'])
    await source.close()
  })

  it('fails when all are refused, each of them sent once, and begins anew with the next request', async () => {
    const { source, server, sent, clock } = ringRig(['a', 'b', 'c'], 'none')
    const error = await failureOf(source.token())
    expect(error).toMatchObject({ kind: 'configure', code: 'invalid_client' })
    expect(inspect(error)).toContain('every secret of the ring (3)')
    expect(sent()).toEqual(['a', 'b', 'c'])
    server.accepted.add('a')
    await clock.advance(86_400_000)
    expect((await source.token()).accessToken).toBe('token-1')
    expect(sent().at(-1)).toBe('a')
    await source.close()
  })

  it('says why there is no secret at all', async () => {
    const { source, sent } = ringRig([variable(undefined)])
    expect(await failureOf(source.token())).toMatchObject({ code: 'secret_unavailable' })
    expect(sent()).toEqual([])
    await source.close()
  })

  it('is not tried for anything but a refused client', async () => {
    const { source, transport, sent } = ringRig(['a', 'b'], 'a', 'b')
    transport.expect({ status: 400, headers: [], body: '{"error":"invalid_scope"}' })
    expect(await failureOf(source.token())).toMatchObject({ code: 'invalid_scope' })
    expect(sent()).toEqual(['a'])
    await source.close()
  })

  it('reads no source while a token is held', async () => {
    const current = variable('current')
    const { source } = ringRig([current], 'current')
    await source.token()
    const { reads } = current
    for (let i = 0; i < 100; i++) await source.token()
    expect(current.reads).toBe(reads)
    await source.close()
  })

  it('is shared by grants, one of which finds out for all', async () => {
    const server = serverThatTakes('new')
    const ring = secretRing(['old', 'new'])
    const one = rig({ client: { id: 'the-id', secret: ring } }, server.answer)
    const two = rig({ client: { id: 'the-id', secret: ring }, scopes: ['x'] }, server.answer)
    await Promise.all([one.source.token(), two.source.token()])
    one.source.reject('token-1')
    await one.source.token()
    expect(one.transport.requests.map(secretIn).at(-1)).toBe('new')
    expect(ring.explain()).toEqual(['refused', 'accepted'])
    await Promise.all([one.source.close(), two.source.close()])
  })

  it('works in the Authorization header as well', async () => {
    const ring = secretRing(['old', 'new'])
    const right = `Basic ${btoa('the-id:new')}`
    const { source, transport } = rig(
      {
        client: {
          id: 'the-id',
          secret: ring,
          authentication: clientSecretBasic({ id: 'the-id', secret: ring }),
        },
      },
      ({ headers }) =>
        headers.some(([, value]) => value === right)
          ? jsonResponse({ access_token: 'token-1', expires_in: 3600 })
          : refusal,
    )
    expect((await source.token()).accessToken).toBe('token-1')
    expect(transport.requests).toHaveLength(2)
    await source.close()
  })

  it('prints as ‹redacted›, and tells nothing of its secrets', async () => {
    const { source, ring, events } = ringRig(['old-s3cret', secret(() => 'new-s3cret')], 'new-s3cret')
    await source.token()
    for (const text of [
      `${ring}`,
      JSON.stringify(ring),
      inspect(ring, { depth: 9 }),
      JSON.stringify(events),
    ]) {
      expect(text).not.toContain('s3cret')
    }
    expect(`${ring}`).toBe('‹redacted›')
    await source.close()
  })

  it('has one to eight places', () => {
    expect(() => secretRing([undefined])).toThrow('has 0 places')
    expect(() => secretRing(Array(9).fill('x'))).toThrow('has 9 places')
  })
})
