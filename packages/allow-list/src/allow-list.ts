import { BlockList, isIP } from 'node:net'
import { EvergrantError, fail } from '@evergrant/core'

/** Which addresses may connect. */
export interface AllowList {
  /** The ranges, as they were given. */
  readonly ranges: readonly string[]
  /** Whether an address is in one of them. `undefined`, the address of a connection that is gone, is not. */
  permits(address: string | undefined): boolean
}

/** This machine. */
const LOOPBACK = ['127.0.0.0/8', '::1']
const RANGES_MAX = 1_000
const BITS = { 4: 32, 6: 128 } as const
const RANGE = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/

/**
 * An allow-list of IPv4 and IPv6 ranges in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3): `10.0.0.0/8`, `fd00::/8`, or a
 * single address. This machine alone (`127.0.0.0/8`, `::1`) when nothing is given, and only when nothing is: name it as
 * well if it shall connect, too. An IPv4 address that comes as an IPv6 one (`::ffff:10.0.0.1`) is the IPv4 address.
 *
 * An address says which network a connection comes from, not who has made it: behind a proxy all come from the proxy.
 * Throws an `EvergrantError` of code `invalid_option` that names the first range that is none, or whose address has bits
 * beyond its prefix, or when there are none or more than 1,000.
 */
export function allowList(ranges: readonly string[] = LOOPBACK): AllowList {
  if (ranges.length === 0) throw invalid('an allow-list without ranges admits nobody.')
  if (ranges.length > RANGES_MAX) throw invalid(`an allow-list has more than ${RANGES_MAX} ranges.`)
  const list = new BlockList()
  for (const range of ranges) add(list, range)
  return {
    ranges: [...ranges],
    permits(address) {
      if (address === undefined) return false
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

function add(list: BlockList, range: string): void {
  const [, address = '', bits] = RANGE.exec(range) ?? []
  const version = isIP(address)
  if (version !== 4 && version !== 6) throw notARange(range)
  const type = version === 4 ? 'ipv4' : 'ipv6'
  if (bits === undefined) {
    list.addAddress(address, type)
    return
  }
  const prefix = Number(bits)
  if (prefix > BITS[version]) throw notARange(range)
  const rest = BigInt(BITS[version] - prefix)
  if ((numberOf(address, version) >> rest) << rest !== numberOf(address, version)) {
    const complaint = `"${range}" has bits beyond its prefix; write the first address of the network, or no prefix.`
    throw invalid(complaint)
  }
  list.addSubnet(address, prefix, type)
}

function numberOf(address: string, version: 4 | 6): bigint {
  if (version === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  // As a URL has it: in hexadecimal throughout, with one gap at most (RFC 5952).
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail].map(part => part.split(':').filter(group => group !== ''))
  const gap = Array.from({ length: 8 - (before?.length ?? 0) - (after?.length ?? 0) }, () => '0')
  return [...(before ?? []), ...gap, ...(after ?? [])].reduce(
    (sum, group) => (sum << 16n) | BigInt(`0x${group}`),
    0n,
  )
}

/** A range is text of whoever configures this, but it may have been pasted: it is cut, and quoted. */
function notARange(range: unknown): EvergrantError {
  const shown = JSON.stringify(String(range).slice(0, 64))
  return invalid(`${shown} is no range of addresses; write 192.0.2.0/24, 2001:db8::/32 or a single address.`)
}

function invalid(complaint: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${complaint}` }))
}
