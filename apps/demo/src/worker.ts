import { baidu } from '@evergrant/provider-baidu'
import { type TokenSource, tokenSource } from '@evergrant/runtime'
import { fileStore } from '@evergrant/store-file'
import { redisStore } from '@evergrant/store-redis'
import { undiciTransport } from '@evergrant/transport-undici'
import type { Order, Place, Telling, WorkerSetting } from './crew-message.ts'
import { Workload } from './workload.ts'

/** One process of the crew: a service like any other, which also tells its parent how it is doing. */
const STATUS_MS = 100

const setting: WorkerSetting = JSON.parse(process.argv[2] ?? '')
const store = storeAt(setting.place)
const source = openSource(setting)
const workload = new Workload(source, setting.url)
let running: Promise<void> | undefined

function storeAt(place: Place) {
  return place.kind === 'file' ? fileStore({ directory: place.directory }) : redisStore({ url: place.url })
}

/** What an application writes, plus numbers that fit a token of seconds. */
function openSource({ url, id, secret }: WorkerSetting): TokenSource {
  return tokenSource({
    provider: baidu({ endpoint: `${url}/oauth/2.0/token` }),
    client: { id, secret },
    store,
    transport: undiciTransport({ allowInsecureLoopback: true }),
    policy: {
      renewFraction: 0.6,
      requestTimeoutMs: 1_500,
      commitBudgetMs: 300,
      leaseMs: 1_900,
      pollMs: 200,
      backoffMinMs: 150,
      backoffMaxMs: 600,
    },
  })
}

/** Keeps the grant warm for as long as the source is open: renews it in time, or hears that another has. */
async function follow(): Promise<void> {
  for await (const token of source.watch()) tell({ type: 'held', generation: token.generation })
}

function tell(telling: Telling): void {
  // A parent that is gone needs to be told nothing.
  if (process.connected) process.send?.(telling, undefined, {}, () => undefined)
}

function tellStatus(): void {
  tell({ type: 'status', counts: workload.counts, explanation: source.explain() })
}

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case 'burst':
      await workload.burst(order.calls)
      return tell({ type: 'burst done' })
    case 'run':
      follow().catch(() => undefined)
      running = workload.run(order.callsPerSecond)
      return running
    case 'end':
      workload.stop()
      await running
      tellStatus()
      await source.close()
      await store.close?.()
      process.disconnect()
  }
}

source.on(event => tell({ type: 'event', event }))
setInterval(tellStatus, STATUS_MS).unref()
process.on('message', (order: Order) => {
  obey(order).catch(error => {
    console.error(error)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
tell({ type: 'ready' })
