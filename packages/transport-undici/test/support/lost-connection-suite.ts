import type { ServerResponse } from 'node:http'
import { EvergrantError, fail } from '@evergrant/core'
import { bearerApi, type CallEnd } from '@evergrant/core/calls'
import type * as Undici from 'undici'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type * as Subject from '../../src/index.ts'
import { type ApiServer, apiServer } from './api-server.ts'
import { hurried } from './call-suite.ts'
import { numberedTokens } from './numbered-tokens.ts'

/** Calls whose connection is lost, over one major of undici. */
export function lostConnectionSuite(undici: typeof Undici, subject: typeof Subject): void {
  let server: ApiServer
  let dispatcher: Undici.Dispatcher
  let agent: Undici.Agent

  function open(options: Subject.AuthorizedDispatcherOptions = {}): void {
    dispatcher = subject.authorizedDispatcher(numberedTokens(), bearerApi({ origins: [server.url] }), {
      dispatcher: agent,
      clock: hurried(),
      random: () => 0,
      ...options,
    })
  }

  async function get(
    options: {
      readonly signal?: AbortSignal
      readonly idempotent?: boolean
      readonly headers?: Record<string, string>
    } = {},
  ) {
    const { statusCode, body } = await undici.request(server.url, { ...options, dispatcher })
    await body.dump()
    return statusCode
  }

  async function post(body: string) {
    const answered = await undici.request(server.url, { method: 'POST', body, dispatcher })
    await answered.body.dump()
    return answered.statusCode
  }

  beforeEach(async () => {
    server = await apiServer()
    agent = new undici.Agent()
    open()
  })
  afterEach(async () => {
    await agent.destroy()
    await server.close()
  })

  const broken = (response: ServerResponse) => response.destroy()

  it('is sent again where that does no harm', async () => {
    server.script.push(broken, broken)
    expect(await get()).toBe(200)
    server.script.push(broken)
    await expect(post('x')).rejects.toThrow('other side closed')
    open({ retryUnsafe: true })
    server.script.push(broken)
    expect(await post('x')).toBe(200)
    expect(server.asked).toHaveLength(6)
  })

  it('for ever fails as undici does', async () => {
    open({ limits: { attemptsMax: 3 } })
    server.script.push(broken, broken, broken)
    await expect(get()).rejects.toThrow('other side closed')
    expect(server.asked).toHaveLength(3)
  })

  it('is sent again whatever its method when it never stood', async () => {
    const { url } = server
    await server.close()
    const seen: CallEnd[] = []
    open({
      limits: { attemptsMax: 2 },
      guard: { enter: () => undefined, leave: (_, end) => void seen.push(end) },
    })
    const refused = undici.request(url, { method: 'POST', body: 'x', dispatcher })
    await expect(refused).rejects.toThrow('ECONNREFUSED')
    expect(seen).toEqual(['lost', 'lost'])
  })

  it('by its own caller is over, whatever his reason looks like', async () => {
    const reason = Object.assign(new Error('the client has gone'), { code: 'ECONNRESET' })
    const failure = await new Promise(resolve => {
      dispatcher.dispatch(
        { origin: server.url, path: '/', method: 'GET' },
        {
          onRequestStart: controller => void server.script.push(() => controller.abort(reason)),
          onResponseError: (_, error) => resolve(error),
        },
      )
    })
    expect(failure).toBe(reason)
    expect(server.asked).toHaveLength(1)
  })

  it('is told of it when a circuit is open before it can be sent again', async () => {
    let entered = 0
    const enter = () => {
      if (++entered > 1) throw new EvergrantError(fail('circuit_open'))
      return undefined
    }
    open({ guard: { enter, leave: () => undefined } })
    server.script.push(broken)
    await expect(get()).rejects.toThrow('other side closed')
    expect(server.asked).toHaveLength(1)
  })

  it('may be one that its caller calls idempotent, or not', async () => {
    server.script.push(broken)
    await expect(get({ idempotent: false })).rejects.toThrow('other side closed')
    expect(server.asked).toHaveLength(1)
  })

  it('by its own caller is over, and tells a guard nothing', async () => {
    const seen: CallEnd[] = []
    open({ guard: { enter: () => undefined, leave: (_, end) => void seen.push(end) } })
    const leaving = new AbortController()
    server.script.push(() => leaving.abort())
    await expect(get({ signal: leaving.signal })).rejects.toThrow('abort')
    expect(server.asked).toHaveLength(1)
    await expect(get({ headers: { 'x-a': 'a\nb' } })).rejects.toThrow('invalid')
    expect(seen).toEqual(['untold', 'untold'])
  })
}
