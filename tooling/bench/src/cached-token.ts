import { atMost, type Bench, type Table } from './bench.ts'
import { runFile } from './child-process.ts'
import { LIBRARIES, type LibraryName, PEERS } from './library.ts'
import type { CachedTokenCost, CachedTokenRequest } from './measure-cached-token.ts'
import { median, pairedRatio } from './rounds.ts'
import { type TokenEndpoint, tokenEndpoint } from './token-endpoint.ts'

const TIMES_FLOOR_MAX = 1.2

/** What a call costs that finds a usable token. */
export const cachedToken: Bench = {
  name: 'cached-token',
  title: 'A token that is held already',
  method:
    'The floor is one `Map` lookup and one comparison with `Date.now()`: as a function, and as an `async` function ' +
    'that is awaited. Each library runs in a process of its own, turn by turn with the floor; the ratio is the ' +
    'median of the ratios of all rounds. Bytes are what one call leaves for the garbage collector.',

  async run() {
    const endpoint = await tokenEndpoint()
    try {
      const current = await costOf(endpoint, 'evergrant', 'plain')
      const token = await costOf(endpoint, 'evergrant', 'awaited')
      const peers: Cost[] = []
      for (const library of PEERS) peers.push(await costOf(endpoint, library, 'awaited'))
      const fastestPeer = Math.min(...peers.map(({ timesFloor }) => timesFloor))
      return {
        tables: [
          table('`current()`', [current]),
          table('`await token()`, and what the others call it', [token, ...peers]),
        ],
        goals: [
          atMost('`current()` costs about the floor', current.timesFloor, TIMES_FLOOR_MAX, '× floor'),
          atMost('`await token()` costs about the floor', token.timesFloor, TIMES_FLOOR_MAX, '× floor'),
          atMost('`current()` allocates no more than it', current.bytes, current.floorBytes, 'bytes'),
          atMost('`await token()` allocates no more than it', token.bytes, token.floorBytes, 'bytes'),
          atMost(
            `\`await token()\` is ahead of the other ${LIBRARIES.length - 1}`,
            token.timesFloor,
            fastestPeer,
            '× floor',
          ),
        ],
      }
    } finally {
      await endpoint.close()
    }
  },
}

interface Cost {
  readonly library: LibraryName
  readonly timesFloor: number
  readonly ns: number
  readonly bytes: number
  readonly floorNs: number
  readonly floorBytes: number
}

/**
 * For time, a young generation of 1 MB that is used over and over: with the default of 16 MB, on a virtual
 * machine, it is mostly the operating system's handing out of memory that is measured. For bytes, one that is so
 * large that no collection comes between.
 */
const FLAGS = {
  ns: ['--max-semi-space-size=1'],
  bytes: ['--min-semi-space-size=128', '--max-semi-space-size=128'],
}

/** Throws when the library did not keep its token, which would make it a measurement of the network. */
async function costOf(
  endpoint: TokenEndpoint,
  library: LibraryName,
  shape: CachedTokenRequest['shape'],
): Promise<Cost> {
  async function measured(measure: CachedTokenRequest['measure']): Promise<CachedTokenCost> {
    const id = `${library}-${shape}-${measure}`
    const request: CachedTokenRequest = { measure, library, shape, endpoint: endpoint.as(id) }
    const cost = await runFile<CachedTokenCost>('measure-cached-token.ts', request, FLAGS[measure])
    const requests = endpoint.requestsOf(id)
    if (requests !== 1) throw new Error(`${library} has made ${requests} token requests`)
    return cost
  }
  const ns = await measured('ns')
  const bytes = await measured('bytes')
  return {
    library,
    timesFloor: pairedRatio(ns.subject, ns.floor),
    ns: median(ns.subject),
    bytes: Math.min(...bytes.subject),
    floorNs: median(ns.floor),
    floorBytes: Math.min(...bytes.floor),
  }
}

/** The floor's own row is as it was beside the first of the others. */
function table(title: string, costs: readonly Cost[]): Table {
  return {
    title,
    columns: [
      { heading: '' },
      { heading: '× floor', digits: 2 },
      { heading: 'ns a call' },
      { heading: 'bytes a call' },
    ],
    rows: [
      ['floor', 1, costs[0]?.floorNs, costs[0]?.floorBytes],
      ...costs.map(({ library, timesFloor, ns, bytes }) => [library, timesFloor, ns, bytes]),
    ],
  }
}
