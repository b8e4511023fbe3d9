import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeToken, withoutQueryToken } from '../../src/calls.ts'

const TOKEN = 'a+b/c=&d'

describe('a token is put', () => {
  it('into the Authorization header, or one of another name', () => {
    expect(placeToken({ in: 'header' }, TOKEN, '/x', 'body')).toEqual({
      url: '/x',
      header: ['authorization', `Bearer ${TOKEN}`],
      body: 'body',
    })
    expect(placeToken({ in: 'header', name: 'x-token' }, TOKEN, '/x', undefined)).toMatchObject({
      header: ['x-token', TOKEN],
    })
  })

  it.each([
    ['/x', '/x?t=a%2Bb%2Fc%3D%26d'],
    ['/x?a=1', '/x?a=1&t=a%2Bb%2Fc%3D%26d'],
  ])('into the query of %s', (url, expected) => {
    expect(placeToken({ in: 'query', name: 't' }, TOKEN, url, undefined)).toEqual({
      url: expected,
      header: undefined,
      body: undefined,
    })
  })

  it.each([
    [undefined, 't=a%2Bb%2Fc%3D%26d'],
    ['', 't=a%2Bb%2Fc%3D%26d'],
    ['a=1', 'a=1&t=a%2Bb%2Fc%3D%26d'],
  ])('into the form %j', (body, expected) => {
    expect(placeToken({ in: 'form', name: 't' }, TOKEN, '/x', body)).toMatchObject({ body: expected })
  })

  it('into any JSON object, of which nothing else changes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom('', ' \n'), (object, space) => {
        const json = space + JSON.stringify(object)
        const placed = placeToken({ in: 'json', name: 'evergrant token' }, TOKEN, '/x', json)
        if ('kind' in placed) throw new Error(placed.code)
        const expected = JSON.parse(json)
        expect(JSON.parse(placed.body ?? '')).toEqual({ ...expected, 'evergrant token': TOKEN })
      }),
    )
  })

  it('into an object of its own where there is no body', () => {
    expect(placeToken({ in: 'json', name: 't' }, 'x', '/x', undefined)).toMatchObject({ body: '{"t":"x"}' })
  })

  it.each(['[1]', '"text"', '', 'null', 'a=b'])('but not into %j', body => {
    expect(placeToken({ in: 'json', name: 't' }, TOKEN, '/x', body)).toMatchObject({
      kind: 'configure',
      code: 'body_unsuitable',
    })
  })
})

describe('a body that brings a token along', () => {
  it.each([
    ['json', '{"t":"mine"}'],
    ['form', 'a=1&t=mine'],
    ['form', 't=mine'],
  ] as const)('as %s %j is refused', (place, body) => {
    expect(placeToken({ in: place, name: 't' }, TOKEN, '/x', body)).toMatchObject({ code: 'scheme_conflict' })
  })

  it('in a value, or under another name, is not', () => {
    expect(placeToken({ in: 'json', name: 't' }, 'x', '/x', '{"a":{"t":1}}')).toMatchObject({
      body: '{"t":"x","a":{"t":1}}',
    })
    expect(placeToken({ in: 'json', name: 't' }, 'x', '/x', '{"a":"t","b":"\\"t\\""}')).not.toHaveProperty(
      'code',
    )
    expect(placeToken({ in: 'form', name: 't' }, 'x', '/x', 'tt=1')).toMatchObject({ body: 'tt=1&t=x' })
  })
})

describe('a URL that is shown', () => {
  it.each([
    ['https://a.example/x?t=secret', 'https://a.example/x'],
    ['https://a.example/x?a=1&t=secret&b=2', 'https://a.example/x?a=1&b=2'],
    ['https://a.example/x?a=1&t=secret#f', 'https://a.example/x?a=1#f'],
    ['https://a.example/x?tt=1', 'https://a.example/x?tt=1'],
    ['https://a.example/x', 'https://a.example/x'],
  ])('of %s is %s', (url, shown) => {
    expect(withoutQueryToken(url, 't')).toBe(shown)
  })
})
