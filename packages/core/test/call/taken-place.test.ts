import { describe, expect, it } from 'vitest'
import { bearerApi, isAuthorized, type ResourceServer, type TokenPlace } from '../../src/calls.ts'

const TARGET = { hostname: 'api.example', pathname: '/x' }

interface Asked {
  readonly headers?: readonly string[]
  readonly url?: string
  readonly body?: string
}

function authorized(server: ResourceServer, { headers = [], url = '/x', body }: Asked): boolean {
  const request = { hasHeader: (name: string) => headers.includes(name), url, body }
  return isAuthorized(server, TARGET, 'application/json', request)
}

const bearer = bearerApi({ origins: ['https://api.example'] })
const at = (place: TokenPlace): ResourceServer => ({ ...bearer, place: () => place })
const alsoAt = (...places: TokenPlace[]): ResourceServer => ({ ...bearer, credentialPlaces: () => places })

describe('a request is authorized already', () => {
  it.each([
    ['by an Authorization header, wherever the token stands', bearer, { headers: ['authorization'] }],
    [
      'by it, where the token stands in the query',
      at({ in: 'query', name: 't' }),
      { headers: ['authorization'] },
    ],
    ['in a header of another name', at({ in: 'header', name: 'x-token' }), { headers: ['x-token'] }],
    ['in the query', at({ in: 'query', name: 't' }), { url: '/x?a=1&t=mine' }],
    ['in the query, encoded', at({ in: 'query', name: 'a token' }), { url: '/x?a+%74oken=mine' }],
    ['in the query, empty', at({ in: 'query', name: 't' }), { url: 'https://api.example/x?t' }],
    ['in the form', at({ in: 'form', name: 't' }), { body: 'a=1&t=mine' }],
    ['in the form, encoded', at({ in: 'form', name: 't' }), { body: '%74=mine' }],
    ['in the JSON object', at({ in: 'json', name: 't' }), { body: '{"a":1,"t":"mine"}' }],
    ['in the JSON object, escaped', at({ in: 'json', name: 't' }), { body: '{"\\u0074":"mine"}' }],
    [
      'where the server looks, too',
      alsoAt({ in: 'json', name: 'a' }, { in: 'query', name: 'b' }),
      { url: '/x?b=1' },
    ],
  ])('%s', (_, server, asked) => {
    expect(authorized(server, asked)).toBe(true)
  })
})

describe('a request is not authorized yet', () => {
  it.each([
    ['without anything', bearer, {}],
    ['with a query of its own', at({ in: 'query', name: 't' }), { url: '/t=1?tt=1&a=t&t%zz=1' }],
    ['with a form of its own', at({ in: 'form', name: 't' }), { body: 'tt=1&a=t' }],
    ['without a body', at({ in: 'form', name: 't' }), {}],
    ['with the name inside', at({ in: 'json', name: 't' }), { body: '{"a":{"t":1}}' }],
    ['with the name as a value', at({ in: 'json', name: 't' }), { body: '{"a":"t"}' }],
    ['with what is no object', at({ in: 'json', name: 't' }), { body: '["t", "\\u0074"]' }],
    ['with what is no JSON', at({ in: 'json', name: 't' }), { body: '{"t"' }],
    ['with no JSON at all', at({ in: 'json', name: 't' }), {}],
    ['elsewhere', alsoAt({ in: 'query', name: 'b' }), { url: '/x?c=1' }],
  ])('%s', (_, server, asked) => {
    expect(authorized(server, asked)).toBe(false)
  })
})
