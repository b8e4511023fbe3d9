import { describe, expect, it } from 'vitest'
import { formsOf, Outlets } from '../src/canary.ts'

const SECRET = 'Planted+Secret/With?Characters=24.0123456789'

describe('the search', () => {
  it.each(Object.keys(formsOf(SECRET)))('finds a secret in its form: %s', form => {
    const outlets = new Outlets()
    outlets.add('log', `before ${formsOf(SECRET)[form]} after`)
    expect(outlets.search({ key: SECRET })).toMatchObject({
      log: expect.arrayContaining([{ secret: 'key', form, before: 'before ' }]),
    })
  })

  it('finds it in base64 whatever stands around it', () => {
    for (const before of ['', 'a', 'ab', 'client:']) {
      const outlets = new Outlets()
      outlets.add('header', Buffer.from(`${before}${SECRET}:more`).toString('base64'))
      expect(Object.keys(outlets.search({ key: SECRET }))).toEqual(['header'])
    }
  })

  it('finds nothing where there is nothing, and says how much it has searched', () => {
    const outlets = new Outlets()
    outlets.add('log', 'a harmless line')
    expect([outlets.search({ key: SECRET }), outlets.sizes]).toEqual([{}, { log: 15 }])
  })
})
