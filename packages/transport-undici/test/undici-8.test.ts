import { wireServer } from '@evergrant/testkit'
import * as undici from 'undici'
import { describe, expect, it } from 'vitest'
import * as subject from '../src/index.ts'
import { boundCallSuite } from './support/bound-call-suite.ts'
import { callSuite } from './support/call-suite.ts'
import { clientCertificateSuite } from './support/client-certificate-suite.ts'
import { lostConnectionSuite } from './support/lost-connection-suite.ts'
import { proxySuite } from './support/proxy-suite.ts'
import { scopeSuite } from './support/scope-suite.ts'
import { signerSuite } from './support/signer-suite.ts'
import { transportSuite } from './support/suite.ts'
import { failureOf, LIMITS, post } from './support/token-request.ts'

describe('over undici 8', () => {
  transportSuite(subject.undiciTransport)
  proxySuite(subject.undiciTransport)
})

describe('calls over undici 8', () => {
  callSuite(undici, subject)
  signerSuite(undici, subject)
})

describe('a call whose connection is lost, over undici 8', () => {
  lostConnectionSuite(undici, subject)
})

describe('calls that require scopes, over undici 8', () => {
  scopeSuite(undici, subject)
})

describe('a token that is bound to a key, over undici 8', () => {
  boundCallSuite(undici, subject)
})

describe('the certificate of a client, over undici 8', () => {
  clientCertificateSuite(subject.undiciTransport)
})

describe('a dispatcher of your own', () => {
  it('is used, and not closed', async () => {
    const dispatcher = new undici.Agent()
    let dispatched = 0
    const dispatch = dispatcher.dispatch.bind(dispatcher)
    dispatcher.dispatch = (...args) => {
      dispatched += 1
      return dispatch(...args)
    }
    const transport = subject.undiciTransport({ dispatcher })
    const request = {
      method: 'GET',
      url: 'https://x.invalid/',
      headers: [],
      body: undefined,
      secrets: [],
    } as const
    await expect(transport.send(request, { timeoutMs: 1_000, bodyBytesMax: 10 })).rejects.toThrow(
      'could not be reached',
    )
    await transport.close?.()
    expect([dispatched, dispatcher.closed]).toEqual([1, false])
    await dispatcher.close()
  })

  it('carries credentials nowhere else, though it follows redirects', async () => {
    const elsewhere = await wireServer({ respond: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}' })
    const respond = `HTTP/1.1 307 Elsewhere\r\nlocation: ${elsewhere.url}\r\ncontent-length: 0\r\n\r\n`
    const server = await wireServer({ respond })
    const dispatcher = new undici.Agent().compose(undici.interceptors.redirect({ maxRedirections: 3 }))
    const transport = subject.undiciTransport({ dispatcher, allowInsecureLoopback: true })
    expect((await transport.send(post(server.url), LIMITS)).status).toBe(307)
    expect(elsewhere.requests).toEqual([])
    await Promise.all([dispatcher.close(), server.close(), elsewhere.close()])
  })

  it('that comes to the request when its time is over is told to leave it', async () => {
    const aborted: unknown[] = []
    let begin = () => {}
    const dispatcher = new undici.Agent().compose(_dispatch => (_request, handler) => {
      const controller = { abort: (reason: unknown) => void aborted.push(reason) }
      begin = () => handler.onRequestStart?.(controller as undici.Dispatcher.DispatchController, {})
      return true
    })
    const transport = subject.undiciTransport({ dispatcher })
    const asked = transport.send(post('https://x.invalid/'), { ...LIMITS, timeoutMs: 20 })
    expect(await failureOf(asked)).toMatchObject({ code: 'request_timed_out', delivery: 'not_sent' })
    expect(aborted).toEqual([])
    begin()
    expect(aborted).toHaveLength(1)
    await dispatcher.close()
  })

  it('that throws has sent nothing', async () => {
    const dispatcher = new undici.Agent().compose(_dispatch => (_request, _handler) => {
      throw new TypeError('the interceptor is broken')
    })
    const transport = subject.undiciTransport({ dispatcher })
    expect(await failureOf(transport.send(post('https://x.invalid/'), LIMITS))).toMatchObject({
      code: 'transport_failed',
      delivery: 'not_sent',
    })
    await dispatcher.close()
  })
})
