import { describe, expect, it, vi } from 'vitest'
import * as subject from '../src/index.ts'
import { boundCallSuite } from './support/bound-call-suite.ts'
import { callSuite } from './support/call-suite.ts'
import { clientCertificateSuite } from './support/client-certificate-suite.ts'
import { lostConnectionSuite } from './support/lost-connection-suite.ts'
import { proxySuite } from './support/proxy-suite.ts'
import { scopeSuite } from './support/scope-suite.ts'
import { signerSuite } from './support/signer-suite.ts'
import { transportSuite } from './support/suite.ts'

vi.mock('undici', () => import('undici-7'))

describe('over undici 7', () => {
  it('this really is', async () => {
    expect((await import('undici')).Agent).toBe((await import('undici-7')).Agent)
  })

  transportSuite(subject.undiciTransport)
  proxySuite(subject.undiciTransport)
})

describe('calls over undici 7', async () => {
  callSuite(await import('undici'), subject)
  signerSuite(await import('undici'), subject)
})

describe('a call whose connection is lost, over undici 7', async () => {
  lostConnectionSuite(await import('undici'), subject)
})

describe('calls that require scopes, over undici 7', async () => {
  scopeSuite(await import('undici'), subject)
})

describe('a token that is bound to a key, over undici 7', async () => {
  boundCallSuite(await import('undici'), subject)
})

describe('the certificate of a client, over undici 7', () => {
  clientCertificateSuite(subject.undiciTransport)
})
