import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowList } from '../src/index.ts'

describe('an allow-list', () => {
  it('permits this machine alone unless it is told otherwise', () => {
    const list = allowList()
    for (const address of ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])
      expect([address, list.permits(address)]).toEqual([address, true])
    for (const address of [
      '10.0.0.1',
      '128.0.0.1',
      '::2',
      '::',
      '0.0.0.0',
      '::ffff:10.0.0.1',
      'fe80::1%lo',
      '',
    ])
      expect([address, list.permits(address)]).toEqual([address, false])
    expect(list.permits(undefined)).toBe(false)
  })

  it.each([
    [
      '10.1.0.0/16',
      ['10.1.0.0', '10.1.255.255', '::ffff:10.1.2.3', '::ffff:a01:203'],
      ['10.0.255.255', '10.2.0.0'],
    ],
    ['192.168.7.9', ['192.168.7.9', '::ffff:192.168.7.9'], ['192.168.7.8', '127.0.0.1']],
    ['0.0.0.0/0', ['1.2.3.4', '::ffff:1.2.3.4'], ['::1', '2001:db8::1']],
    ['2001:db8::/32', ['2001:db8::1', '2001:db8:ffff::'], ['2001:db9::', '::1', '10.0.0.1']],
    ['fe80::/10', ['fe80::1%eth0', 'febf::1'], ['fec0::1']],
    ['::ffff:10.0.0.0/104', ['10.9.9.9', '::ffff:10.9.9.9'], ['11.0.0.0']],
  ])('of %s permits %j and not %j', (range, inside, outside) => {
    const list = allowList([range])
    expect(inside.map(address => list.permits(address))).toEqual(inside.map(() => true))
    expect(outside.map(address => list.permits(address))).toEqual(outside.map(() => false))
  })

  it('of any IPv4 network permits what has its prefix, written in either way', () => {
    const address = fc.nat(0xffff_ffff)
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (base, bits, other) => {
        const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0
        const list = allowList([`${dotted((base & mask) >>> 0)}/${bits}`])
        const expected = (other & mask) >>> 0 === (base & mask) >>> 0
        return (
          list.permits(dotted(other)) === expected && list.permits(`::ffff:${dotted(other)}`) === expected
        )
      }),
    )
  })

  it.each([
    'localhost',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8 ',
    '*',
    'fe80::1%eth0',
    '10.0.0.0-10.0.0.9',
    '',
  ])('refuses "%s", and says how it is written', range => {
    expect(() => allowList(['127.0.0.1', range])).toThrow(
      `${JSON.stringify(range)} is no range of addresses; write`,
    )
  })

  it.each([
    '10.1.2.3/8',
    '10.0.0.1/31',
    '1.2.3.4/0',
    '2001:db8::1/64',
    '::ffff:1.2.3.4/120',
    'fe80::1:2:3:4:5/64',
  ])('refuses %s, which could mean the network or the address', range => {
    expect(() => allowList([range])).toThrow(`"${range}" has bits beyond its prefix`)
  })

  it('refuses to admit nobody, or too many ranges', () => {
    expect(() => allowList([])).toThrow('admits nobody')
    expect(() => allowList(Array.from({ length: 1_001 }, () => '::1'))).toThrow('more than 1000')
  })
})

function dotted(address: number): string {
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.')
}
