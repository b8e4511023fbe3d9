import { bearerApi } from '@evergrant/core/calls'
import * as undici from 'undici'
import { expect, it } from 'vitest'
import { authorizedDispatcher } from '../src/index.ts'
import { apiServer } from './support/api-server.ts'

it('a call takes the token that is held, and has it renewed without waiting', async () => {
  const server = await apiServer()
  let asked = 0
  const supply = {
    current: () => ({ accessToken: 'token-1' }),
    token: () => {
      asked += 1
      return new Promise<never>(() => undefined)
    },
    reject: () => undefined,
  }
  const dispatcher = authorizedDispatcher(supply, bearerApi({ origins: [server.url] }))
  const { statusCode, body } = await undici.request(server.url, { dispatcher })
  await body.dump()
  expect([statusCode, asked]).toEqual([200, 1])
  await dispatcher.close()
  await server.close()
})
