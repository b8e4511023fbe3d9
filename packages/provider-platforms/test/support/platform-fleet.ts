import type { Provider, Store, Transport } from '@evergrant/core'
import {
  fetchTransport,
  type GrantOptions,
  type TokenEvent,
  type TokenSource,
  tokenSource,
} from '@evergrant/runtime'
import { memoryStore } from '@evergrant/store-memory'
import {
  atRest,
  type FaultyStore,
  faultyStore,
  type PlatformName,
  type PlatformSandbox,
  type PlatformSandboxOptions,
  platformSandbox,
  type VirtualClock,
  virtualClock,
} from '@evergrant/testkit'

/** Processes that share a store and a clock with one another, and a clock with a platform. */
export interface PlatformFleet extends AsyncDisposable {
  readonly sandbox: PlatformSandbox
  readonly clock: VirtualClock
  readonly stores: readonly FaultyStore[]
  readonly sources: readonly TokenSource[]
  readonly events: TokenEvent[]
  /** Lets time pass, a step after the other, each until nothing is under way any more. */
  pass(ms: number, stepMs?: number): Promise<void>
}

export interface FleetOptions extends PlatformSandboxOptions {
  readonly processes?: number
  readonly grant?: Partial<GrantOptions>
}

export async function platformFleet(
  name: PlatformName,
  providerAt: (origin: string) => Provider,
  { processes = 1, grant = {}, ...options }: FleetOptions = {},
): Promise<PlatformFleet> {
  const clock = virtualClock()
  const sandbox = await platformSandbox(name, { ...options, now: clock.now })
  const shared = asShared(memoryStore({ clock }))
  const network = counted(fetchTransport({ allowInsecureLoopback: true }))
  const stores: FaultyStore[] = []
  const events: TokenEvent[] = []
  const sources = Array.from({ length: processes }, (_, i) => {
    const store = faultyStore(shared)
    stores.push(store)
    const source = tokenSource({
      provider: providerAt(sandbox.url),
      client: sandbox.app,
      keepWarm: true,
      random: () => i / processes,
      ...grant,
      clock,
      store,
      transport: network.transport,
    })
    source.on(event => events.push(event))
    return source
  })
  return {
    sandbox,
    clock,
    stores,
    sources,
    events,
    async pass(ms, stepMs = 5_000) {
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(stepMs, left))
        while (network.underWay > 0) await atRest()
        await atRest()
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sources.map(source => source.close()))
      await sandbox.close()
    },
  }
}

/** The store of a fleet, as far as a process can tell. */
function asShared(store: Store): Store {
  const { traits, ...rest } = store
  return { ...rest, traits: { ...traits, scope: 'shared' } }
}

function counted(inner: Transport) {
  const network = {
    underWay: 0,
    transport: {
      async send(request, limits) {
        network.underWay += 1
        try {
          return await inner.send(request, limits)
        } finally {
          network.underWay -= 1
        }
      },
    } satisfies Transport,
  }
  return network
}
