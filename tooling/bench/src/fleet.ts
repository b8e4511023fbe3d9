import { anyRedis } from '@evergrant/tooling-redis'
import { atMost, type Bench, type Goal, type Table } from './bench.ts'
import { fleetProcesses } from './fleet-processes.ts'
import { FLEET_LIBRARIES } from './fleet-program.ts'
import { CALLERS, commandsOf, type FleetResult, SHORT_LIFETIME_S, timesOf } from './fleet-rounds.ts'
import { median, pairedRatio, percentile } from './rounds.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const PROCESSES = 16
const LATENCY_MS = 50
const TIMES_LIMIT_MAX = 1.15
const TIMES_LIMIT_P99_MAX = 1.3
const COMMANDS_PER_FOLLOWER_MAX = 3
const COMMANDS_PER_RENEWAL_MAX = 4

/** Many processes want the same token at once, and share nothing but a Redis. */
export const fleet: Bench = {
  name: 'fleet',
  title: `${PROCESSES} processes on a cold key`,
  method:
    `${PROCESSES} processes, with ${CALLERS} callers each, ask for the same new token at the same moment; they ` +
    `share a real Redis on loopback, and the token endpoint takes ${LATENCY_MS} ms for every answer. Processes run, ` +
    'are connected, and have obtained tokens of other clients before; the first rounds, while the engine compiles, do not count. The limit is taken in turn with the rounds, in ' +
    'one process with nothing beside it: a bare request, three round trips to Redis, and one hop of a message. What ' +
    'counts is the time from the first process that asks until all callers of a process have the token. ' +
    '`set-nx-and-publish` is no program to use: it forgoes all safety to show what waking so many processes on this ' +
    'machine costs at least. Commands are what the server saw of its clients, as the median of three rounds.',

  async run() {
    const redis = await anyRedis()
    const endpoint = await tokenEndpoint({ latencyMs: LATENCY_MS, varied: true })
    const short = await tokenEndpoint({ latencyMs: LATENCY_MS, varied: true, lifetimeS: SHORT_LIFETIME_S })
    const limit = await fleetProcesses({ library: 'limit', redisUrl: redis.url }, 1)
    try {
      const results: FleetResult[] = []
      for (const library of FLEET_LIBRARIES) {
        const processes = await fleetProcesses({ library, redisUrl: redis.url }, PROCESSES)
        try {
          const times = await timesOf(library, processes, limit, endpoint)
          const commands = await commandsOf(library, processes, {
            long: endpoint,
            // The others have no renewal: their callers come to a cold key again.
            short: library === 'evergrant' ? short : undefined,
            redisUrl: redis.url,
          })
          results.push({ ...times, commands })
        } finally {
          await processes.close()
        }
      }
      const [ours] = results as [FleetResult]
      return { tables: [timeTable(results), commandTable(results)], goals: goalsOf(ours) }
    } finally {
      await limit.close()
      await endpoint.close()
      await short.close()
      await redis.close()
    }
  },
}

const P99 = 0.99

function timeTable(results: readonly FleetResult[]): Table {
  return {
    title: 'Until a process has the token',
    columns: [
      { heading: '' },
      { heading: 'last process, × limit', digits: 2 },
      { heading: 'p99 of all, × limit', digits: 2 },
      { heading: 'last process, ms', digits: 1 },
      { heading: 'limit, ms', digits: 1 },
      { heading: 'token requests' },
    ],
    rows: results.map(({ library, last, limit, timesLimit, requests }) => [
      library,
      pairedRatio(last, limit),
      percentile(timesLimit, P99),
      median(last),
      median(limit),
      requests,
    ]),
  }
}

function commandTable(results: readonly FleetResult[]): Table {
  return {
    title: 'Redis commands of one process',
    columns: [
      { heading: '' },
      { heading: 'cold and alone', digits: 1 },
      { heading: 'cold and follows', digits: 1 },
      { heading: 'asks again', digits: 1 },
      { heading: 'renews', digits: 1 },
      { heading: 'follows a renewal', digits: 1 },
    ],
    rows: results.map(({ library, commands }) => [
      library,
      commands.alone,
      commands.perFollower,
      commands.perCached,
      ...(library === 'evergrant' ? [commands.renewer, commands.perRenewalFollower] : [undefined, undefined]),
    ]),
  }
}

function goalsOf({ last, limit, timesLimit, requests, commands }: FleetResult): readonly Goal[] {
  const { perFollower, renewer, perCached } = commands
  return [
    atMost(`Token requests of ${PROCESSES} × ${CALLERS} callers, in any round`, requests, 1, 'requests'),
    atMost('The last process has the token, median', pairedRatio(last, limit), TIMES_LIMIT_MAX, '× limit'),
    atMost('A process has the token, p99', percentile(timesLimit, P99), TIMES_LIMIT_P99_MAX, '× limit'),
    atMost('A cold process that follows', perFollower, COMMANDS_PER_FOLLOWER_MAX, 'commands'),
    atMost('A renewal', renewer, COMMANDS_PER_RENEWAL_MAX, 'commands'),
    atMost('A call that finds a token', perCached, 0, 'commands'),
  ]
}
