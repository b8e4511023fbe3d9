import { describe, expect, it } from 'vitest'
import { originTest } from '../../src/calls.ts'

function allowed(patterns: string[], url: string): boolean {
  return originTest(patterns)(new URL(url))
}

describe('an origin that may be shown a token', () => {
  it.each([
    ['https://api.example', 'https://api.example/a?b'],
    ['https://api.example', 'https://API.example:443/'],
    ['https://api.example:8443', 'https://api.example:8443/'],
    ['https://*.api.example', 'https://eu.api.example/'],
    ['https://*.api.example', 'https://a.b.api.example/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['http://localhost:80', 'http://localhost/'],
    ['http://[::1]:8080', 'http://[::1]:8080/'],
  ])('%s allows %s', (pattern, url) => {
    expect(allowed([pattern], url)).toBe(true)
  })

  it.each([
    ['https://api.example', 'http://api.example/'],
    ['https://api.example', 'https://api.example:8443/'],
    ['https://api.example', 'https://eu.api.example/'],
    ['https://api.example', 'https://api.example.evil.test/'],
    ['https://api.example', 'https://evil.test/#https://api.example'],
    ['https://api.example', 'https://api.example@evil.test/'],
    ['https://*.api.example', 'https://api.example/'],
    ['https://*.api.example', 'https://notapi.example/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8081/'],
    ['http://127.0.0.1:8080', 'https://127.0.0.1:8080/'],
  ])('%s does not allow %s', (pattern, url) => {
    expect(allowed([pattern], url)).toBe(false)
  })

  it('is any of a list, and none of an empty one', () => {
    expect(allowed(['https://a.example', 'https://b.example'], 'https://b.example/')).toBe(true)
    expect(allowed([], 'https://b.example/')).toBe(false)
  })

  it.each([
    'api.example',
    'https://',
    'https://api.example/path',
    'https://*',
    'ftp://a.example',
    'https://A.example',
  ])('is not written as %s', pattern => {
    expect(() => originTest([pattern])).toThrow(/write it as "https:\/\/api\.example"/)
  })

  it.each(['http://api.example', 'http://127.evil.test'])(
    'is not %s, where tokens would go in clear',
    pattern => {
      expect(() => originTest([pattern])).toThrow(/over https/)
    },
  )
})
