import { setTimeout as pause } from 'node:timers/promises'
import { baidu } from '@evergrant/provider-baidu'
import { type TokenSource, tokenSource } from '@evergrant/runtime'
import { memoryStore } from '@evergrant/store-memory'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { undiciTransport } from '@evergrant/transport-undici'
import { Tally } from './tally.ts'
import type { View } from './view.ts'
import { Workload } from './workload.ts'

/** How long a token lives in the show: a month would be a long evening. */
const LIFETIME_SECONDS = 8
const CALLS_PER_SECOND = 25
const COLD_CALLERS = 1_000
/** How much life the token has left, in ms, when the token endpoint comes back. */
const LEFT_AFTER_OUTAGE_MS = 2_000

/** About how long the show takes, in ms, for the bar that shows its progress. */
export const SHOW_MS = 19_000

interface Stage {
  readonly sandbox: BaiduSandbox
  readonly source: TokenSource
  readonly view: View
}

/** One thing that happens while the calls go on. */
interface Act {
  readonly title: string
  perform(stage: Stage): Promise<void>
}

const ACTS: readonly Act[] = [
  {
    title: 'Tokens expire, and are renewed before anybody notices',
    perform: () => pause(5_000),
  },
  {
    title: 'The token endpoint goes down while the token nears its end',
    async perform({ sandbox, source, view }) {
      const { token } = source.explain() ?? {}
      if (token === undefined) return
      sandbox.fault('json_503', 1_000)
      await pause(Math.max(0, token.lapsesAt - Date.now() - LEFT_AFTER_OUTAGE_MS))
      sandbox.clearFaults()
      view.say(
        `the endpoint is back, with ${LEFT_AFTER_OUTAGE_MS / 1000} s of usable life left in token no. ${token.generation}`,
      )
      await pause(2_500)
    },
  },
  {
    title: 'The token is revoked early: the API rejects it',
    async perform({ sandbox, view }) {
      const revoked = sandbox.revoke()
      view.say(`${revoked} living token${revoked === 1 ? '' : 's'} revoked at the server`)
      await pause(2_000)
    },
  },
  {
    title: 'The connection breaks in the middle of a renewal',
    async perform({ sandbox }) {
      sandbox.fault('lost_answer')
      await pause(5_000)
    },
  },
]

/** Plays the show and returns what was counted. Nothing leaves this machine. */
export async function play(view: View): Promise<Tally> {
  const sandbox = await baiduSandbox({ lifetimeSeconds: LIFETIME_SECONDS, latencyMs: 50 })
  const tally = new Tally(() => performance.now())
  const source = openSource(sandbox)
  source.on(event => {
    tally.note(event)
    view.tell(event)
  })
  view.open(tally, source)
  try {
    const workload = new Workload(source, sandbox.url, tally)
    view.act(`${COLD_CALLERS} callers at once, and no token yet`)
    await workload.burst(COLD_CALLERS)
    const running = workload.run(CALLS_PER_SECOND)
    for (const act of ACTS) {
      view.act(act.title)
      await act.perform({ sandbox, source, view })
    }
    workload.stop()
    await running
  } finally {
    view.close()
    await source.close()
    await sandbox.close()
  }
  return tally
}

/** What an application writes, plus numbers that fit a token of seconds. */
function openSource(sandbox: BaiduSandbox): TokenSource {
  return tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint }),
    client: { id: sandbox.app.apiKey, secret: sandbox.app.secretKey },
    store: memoryStore(),
    transport: undiciTransport({ allowInsecureLoopback: true }),
    keepWarm: true,
    policy: { renewFraction: 0.6, requestTimeoutMs: 1_000, backoffMinMs: 150, backoffMaxMs: 600 },
  })
}
