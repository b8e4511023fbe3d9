import { tokenSource } from '@evergrant/runtime'
import { tokenExchange } from '@evergrant/runtime/flows'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { METHODS } from '../src/authentication-methods.ts'
import {
  callApi,
  clientSetting,
  type Setting,
  setting,
  signInByCode,
  signInOnDevice,
} from './support/setting.ts'

const HALF_AN_HOUR = 1_800_000

let here: Setting

beforeAll(async () => {
  here = await setting()
})
afterAll(() => here[Symbol.asyncDispose]())

/** A source of a delegated grant, as signing in has left it. */
function delegated(how: ReturnType<typeof clientSetting>) {
  return tokenSource({ ...how, grant: { type: 'refresh_token' }, subject: 'somebody' })
}

describe.each(METHODS.filter(method => method !== 'none'))('client_credentials with %s', method => {
  it('obtains a token that the API takes', async () => {
    await using source = tokenSource({ ...clientSetting(here, method), scopes: ['read'] })
    expect(await source.token()).toMatchObject({ tokenType: 'Bearer', scope: ['read'], lifetime: 'finite' })
    expect(await callApi(here, source)).toEqual({ status: 200, scope: 'read' })
  })
})

describe.each(METHODS)('authorization_code with %s', method => {
  it('signs somebody in with PKCE, and the API takes the token', async () => {
    const how = clientSetting(here, method)
    const tokens = await signInByCode(here, how)
    expect(tokens).toMatchObject({
      refreshToken: expect.any(String),
      extra: { id_token: expect.any(String) },
    })
    await using source = delegated(how)
    await source.receive(tokens)
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
  })
})

describe.each(METHODS)('refresh_token with %s', method => {
  it('renews by rotation, again and again, and no reuse is detected', async () => {
    const how = clientSetting(here, method)
    await using source = delegated(how)
    await source.receive(await signInByCode(here, how))
    const { refreshes, revocations } = here.server.seen
    const tokens = new Set([(await source.token()).accessToken])
    for (let renewal = 0; renewal < 3; renewal++) {
      await how.clock.advance(HALF_AN_HOUR)
      tokens.add((await source.token()).accessToken)
    }
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
    expect([tokens.size, here.server.seen]).toMatchObject([4, { refreshes: refreshes + 3, revocations }])
  })
})

describe.each(METHODS)('device_code with %s', method => {
  it('signs somebody in on a device, and the API takes the token', async () => {
    const how = clientSetting(here, method)
    await using source = delegated(how)
    await source.receive(await signInOnDevice(here, how))
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
  })
})

describe.each(METHODS)('token_exchange with %s', method => {
  it('exchanges the token of another source for one of fewer scopes', async () => {
    const service = clientSetting(here, 'client_secret_basic')
    await using upstream = tokenSource({ ...service, scopes: ['read', 'write'] })
    await using source = tokenSource({
      ...clientSetting(here, method),
      grant: tokenExchange({ subjectToken: upstream }),
      subject: 'the service',
      scopes: ['read'],
    })
    expect((await source.token()).accessToken).not.toBe((await upstream.token()).accessToken)
    expect(await callApi(here, source)).toEqual({ status: 200, scope: 'read' })
  })
})
