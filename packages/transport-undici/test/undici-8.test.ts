import * as undici from 'undici'
import { describe, expect, it } from 'vitest'
import * as subject from '../src/index.ts'
import { boundCallSuite } from './support/bound-call-suite.ts'
import { callSuite } from './support/call-suite.ts'
import { clientCertificateSuite } from './support/client-certificate-suite.ts'
import { lostConnectionSuite } from './support/lost-connection-suite.ts'
import { scopeSuite } from './support/scope-suite.ts'
import { signerSuite } from './support/signer-suite.ts'
import { transportSuite } from './support/suite.ts'

describe('over undici 8', () => {
  transportSuite(subject.undiciTransport)
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
})
