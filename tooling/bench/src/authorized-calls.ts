import { atMost, type Bench } from './bench.ts'
import type { CallProgramName, CallTarget } from './call-program.ts'
import { runFile } from './child-process.ts'
import type { CallsRequest, CallsTimes } from './measure-calls.ts'
import { protectedApi } from './protected-api.ts'
import { median, pairedRatio } from './rounds.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const AT_ONCE = 50
/** Few, so that whatever slows the machine for a while slows both sides of a pair. */
const CALLS_PER_ROUND = 100
/** As many as it takes to tell one per cent: the median of 200 is off by as much as that, one way or the other. */
const OUR_ROUNDS = 1_000
const PEER_ROUNDS = 40
const TIMES_UNDICI_MAX = 1.1
const P99_TIMES_UNDICI_MAX = 1.1
const TIMES_FETCH_MAX = 1.05

/** What it costs that a call is authorized. */
export const authorizedCalls: Bench = {
  name: 'authorized-calls',
  title: 'Authorized calls',
  method:
    `GETs of a small JSON document over loopback, on connections that are kept, ${AT_ONCE} at once; the API, in a ` +
    `process of its own, refuses whoever does not bring the token. Rounds of ${CALLS_PER_ROUND} calls alternate with ` +
    `the base in the same process: ${(OUR_ROUNDS * CALLS_PER_ROUND).toLocaleString('en')} calls of ours, ` +
    `${(PEER_ROUNDS * CALLS_PER_ROUND).toLocaleString('en')} of each of the others. The base is bare undici, or the ` +
    'bare global `fetch`, with a header that never changes. The p99 is that of a round, of which the median is shown.',

  async run() {
    const endpoint = await tokenEndpoint()
    const api = await protectedApi()
    const target = { origin: api.origin, url: `${api.origin}/rest/2.0/words`, endpoint: endpoint.as('calls') }
    try {
      const dispatcher = await costOf('evergrant-dispatcher', 'undici', target, OUR_ROUNDS)
      const ourFetch = await costOf('evergrant-fetch', 'fetch', target, OUR_ROUNDS)
      const others: CallCost[] = []
      for (const name of ['fetch', 'axios', 'google-auth-library', 'badgateway-oauth2-client'] as const) {
        others.push(await costOf(name, 'undici', target, PEER_ROUNDS))
      }
      const rowOf = ({ name, timesBase, p99TimesBase, perSecond, p99Ms }: CallCost) => {
        return [name, timesBase, p99TimesBase, perSecond, p99Ms]
      }
      const columnsFor = (base: string) => [
        { heading: '' },
        { heading: `wall time, × ${base}`, digits: 2 },
        { heading: `p99, × ${base}`, digits: 2 },
        { heading: 'calls a second' },
        { heading: 'p99, ms', digits: 1 },
      ]
      return {
        tables: [
          {
            title: 'Beside bare undici',
            columns: columnsFor('undici'),
            rows: [
              ['undici', 1, 1, dispatcher.base.perSecond, dispatcher.base.p99Ms],
              ...[dispatcher, ...others].map(rowOf),
            ],
          },
          {
            title: 'Beside the bare global `fetch`',
            columns: columnsFor('fetch'),
            rows: [['fetch', 1, 1, ourFetch.base.perSecond, ourFetch.base.p99Ms], rowOf(ourFetch)],
          },
        ],
        goals: [
          atMost(
            'A dispatcher that authorizes, wall time',
            dispatcher.timesBase,
            TIMES_UNDICI_MAX,
            '× undici',
          ),
          atMost(
            'A dispatcher that authorizes, p99',
            dispatcher.p99TimesBase,
            P99_TIMES_UNDICI_MAX,
            '× undici',
          ),
          atMost('A `fetch` that authorizes, wall time', ourFetch.timesBase, TIMES_FETCH_MAX, '× fetch'),
        ],
      }
    } finally {
      await api.close()
      await endpoint.close()
    }
  },
}

interface CallCost {
  readonly name: CallProgramName
  readonly timesBase: number
  readonly p99TimesBase: number
  readonly perSecond: number
  readonly p99Ms: number
  readonly base: { readonly perSecond: number; readonly p99Ms: number }
}

async function costOf(
  name: CallProgramName,
  base: CallProgramName,
  target: CallTarget,
  rounds: number,
): Promise<CallCost> {
  const request: CallsRequest = {
    subject: name,
    base,
    target,
    rounds,
    callsPerRound: CALLS_PER_ROUND,
    atOnce: AT_ONCE,
  }
  const times = await runFile<CallsTimes>('measure-calls.ts', request)
  const perSecond = (walls: readonly number[]) => (CALLS_PER_ROUND / median(walls)) * 1_000
  return {
    name,
    timesBase: pairedRatio(times.subject, times.base),
    p99TimesBase: pairedRatio(times.subjectP99, times.baseP99),
    perSecond: perSecond(times.subject),
    p99Ms: median(times.subjectP99),
    base: { perSecond: perSecond(times.base), p99Ms: median(times.baseP99) },
  }
}
