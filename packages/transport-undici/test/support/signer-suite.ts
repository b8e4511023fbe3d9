import { type Clock, EvergrantError, fail } from '@evergrant/core'
import { bearerApi, type RequestSigner, type SignableRequest } from '@evergrant/core/calls'
import type * as Undici from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type * as Subject from '../../src/index.ts'
import { type ApiServer, answer, apiServer } from './api-server.ts'
import { failureOf, hurried } from './call-suite.ts'

/** What the interceptor promises to those who sign, over one version of undici. */
export function signerSuite(undici: typeof Undici, subject: typeof Subject): void {
  let server: ApiServer
  let dispatcher: Undici.Dispatcher
  let agent: Undici.Agent

  function open(signer: RequestSigner) {
    const clock: Clock = hurried()
    const api = bearerApi({ origins: [server.url] })
    dispatcher = subject.authorizedDispatcher(signer, api, { dispatcher: agent, clock, random: () => 0 })
  }

  async function get(path = '/', options: Omit<Undici.Dispatcher.RequestOptions, 'path' | 'method'> = {}) {
    const { statusCode, body } = await undici.request(server.url + path, { ...options, dispatcher })
    return { statusCode, text: await body.text() }
  }

  beforeEach(async () => {
    server = await apiServer()
    agent = new undici.Agent()
  })
  afterEach(async () => {
    await agent.destroy()
    await server.close()
  })

  describe('a signer', () => {
    const signed = (number: number) => `Signed ${number}`
    let count: number
    let seen: SignableRequest[]
    const signer: RequestSigner = {
      async sign(request) {
        seen.push(request)
        count += 1
        return [
          ['authorization', signed(count)],
          ['x-date', String(count)],
        ]
      },
    }

    beforeEach(() => {
      count = 0
      seen = []
      server.valid.clear()
      server.valid.add(signed(1))
      open(signer)
    })

    it.each([
      ['an object', { 'X-Date': 'old', 'x-mine': '1' }],
      ['a flat list', ['X-Date', 'old', 'x-mine', '1']],
      ['nothing', undefined],
    ])('sees the request as it is sent, and adds its fields to %s', async (_, headers) => {
      const options = headers === undefined ? {} : { headers }
      expect((await get('/a?b=c', options)).statusCode).toBe(200)
      expect(seen).toEqual([
        {
          method: 'GET',
          url: `${server.url}/a?b=c`,
          headers:
            headers === undefined
              ? []
              : [
                  ['x-date', 'old'],
                  ['x-mine', '1'],
                ],
        },
      ])
      expect(server.asked).toMatchObject([{ authorization: signed(1), headers: { 'x-date': '1' } }])
    })

    it('sees a path that begins with two slashes as one', async () => {
      await get('//bucket/key?a=1')
      expect(seen[0]?.url).toBe(`${server.url}//bucket/key?a=1`)
    })

    it('signs every attempt anew, and renews nothing', async () => {
      server.script.push(answer(503), answer(503), answer(200))
      expect((await get()).statusCode).toBe(200)
      expect(server.asked.map(({ authorization }) => authorization)).toEqual([1, 2, 3].map(signed))
      expect(await failureOf(get())).toMatchObject({ code: 'token_rejected_again' })
      expect(server.asked).toHaveLength(4)
    })

    it('that fails makes the request fail, and one that is authorized already is not signed', async () => {
      const headers = { authorization: 'Basic x' }
      expect(await failureOf(get('/', { headers }))).toMatchObject({ code: 'scheme_conflict' })
      expect(seen).toEqual([])
      open({ sign: () => Promise.reject(new EvergrantError(fail('secret_unavailable'))) })
      expect(await failureOf(get())).toMatchObject({ code: 'secret_unavailable' })
      expect(server.asked).toEqual([])
    })
  })
}
