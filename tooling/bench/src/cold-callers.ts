import { atMost, type Bench } from './bench.ts'
import { runFile } from './child-process.ts'
import type { ColdCallersRequest, ColdCallersTimes } from './measure-cold-callers.ts'
import { median, pairedRatio } from './rounds.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const CALLERS = 1_000
const LATENCY_MS = 50
/** Rounds until the engine has compiled what the others measure. */
const WARM_UPS = 10
const ROUNDS = 25
const TIMES_LATENCY_MAX = 1.2

/** Everybody wants a token at once, and there is none. */
export const coldCallers: Bench = {
  name: 'cold-callers',
  title: `${CALLERS.toLocaleString('en')} callers on a cold key`,
  method:
    `The token endpoint, in a process of its own on loopback, takes ${LATENCY_MS} ms for every answer. In turn, one ` +
    'bare request is made with `fetch`, and a new token source is asked by all callers at the same moment; what ' +
    'counts is when the last of them has the token. The first rounds, while the engine compiles, do not count.',

  async run() {
    const endpoint = await tokenEndpoint({ latencyMs: LATENCY_MS })
    try {
      const ids = Array.from({ length: ROUNDS + WARM_UPS }, (_, i) => `cold-${i}`)
      const request: ColdCallersRequest = {
        bare: endpoint.as('bare'),
        cold: ids.map(id => endpoint.as(id)),
        callers: CALLERS,
        warmUps: WARM_UPS,
      }
      const times = await runFile<ColdCallersTimes>('measure-cold-callers.ts', request)
      const ratio = pairedRatio(times.callers, times.bare)
      const requestsMost = Math.max(...ids.map(id => endpoint.requestsOf(id)))
      return {
        tables: [
          {
            title: 'Until the last caller has the token',
            columns: [
              { heading: '' },
              { heading: '× bare', digits: 2 },
              { heading: 'ms', digits: 1 },
              { heading: 'token requests' },
            ],
            rows: [
              ['one bare request', 1, median(times.bare), 1],
              [`${CALLERS} callers`, ratio, median(times.callers), requestsMost],
            ],
          },
        ],
        goals: [
          atMost('Token requests in any round', requestsMost, 1, 'requests'),
          atMost('All are answered in about the latency of the endpoint', ratio, TIMES_LATENCY_MAX, '× bare'),
        ],
      }
    } finally {
      await endpoint.close()
    }
  },
}
