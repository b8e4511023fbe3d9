import { describe, expect, it } from 'vitest'
import { strictTransportMemory } from '../src/strict-transport.ts'

describe('the memory of Strict-Transport-Security', () => {
  let now = 0
  const memory = () => strictTransportMemory(() => now)
  const learned = (field: string, url = 'https://a.example/') => {
    const made = memory()
    made.learn(new URL(url), [['Strict-Transport-Security', field]])
    return (other: string) => made.forbids(new URL(other))
  }

  it('lasts as long as the host says', () => {
    now = 0
    const forbids = learned('max-age=60')
    expect(forbids('http://a.example/')).toBe(true)
    expect(forbids('https://a.example/')).toBe(false)
    expect(forbids('http://b.a.example/')).toBe(false)
    now = 60_000
    expect(forbids('http://a.example/')).toBe(false)
  })

  it('covers subdomains where the host says so', () => {
    now = 0
    const forbids = learned(' includeSubDomains ; MAX-AGE = "60" ')
    expect(forbids('http://x.y.a.example/')).toBe(true)
    expect(forbids('http://xa.example/')).toBe(false)
  })

  it('ends when the host takes it back', () => {
    const made = memory()
    made.learn(new URL('https://a.example/'), [['strict-transport-security', 'max-age=60']])
    made.learn(new URL('https://a.example/'), [['strict-transport-security', 'max-age=0']])
    expect(made.forbids(new URL('http://a.example/'))).toBe(false)
  })

  it.each([
    ['came in clear', 'max-age=60', 'http://a.example/'],
    ['came from an address', 'max-age=60', 'https://127.0.0.1/'],
    ['has no max-age', 'includeSubDomains', 'https://a.example/'],
    ['is nonsense', 'max-age=soon', 'https://a.example/'],
  ])('ignores what %s', (_, field, url) => {
    const forbids = learned(field, url)
    expect(forbids(url.replace('https', 'http'))).toBe(false)
  })

  it('holds no more than a thousand hosts', () => {
    const made = memory()
    for (let i = 0; i < 1_100; i++) {
      made.learn(new URL(`https://h${i}.example/`), [['strict-transport-security', 'max-age=60']])
    }
    expect(made.forbids(new URL('http://h0.example/'))).toBe(false)
    expect(made.forbids(new URL('http://h1099.example/'))).toBe(true)
  })
})
