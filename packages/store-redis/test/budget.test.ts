import { type Provider, tolerantProfile } from '@evergrant/core'
import { type TokenSource, tokenSource } from '@evergrant/runtime'
import { type Held, held, jsonResponse, type ScriptedTransport, scriptedTransport } from '@evergrant/testkit'
import { eventually, startServer } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type FullStore, storeMaker } from './support/bench.ts'

const server = await startServer()
const redis = new Redis(server.url)
afterAll(async () => {
  redis.disconnect()
  await server.close()
})
const storeFor = storeMaker({ url: server.url })

const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token',
  clientSecretMethod: 'client_secret_post',
  profile: tolerantProfile,
  policy: { freshForMs: 1 },
}

const sources: TokenSource[] = []
/** The stores of all processes, whose commands are not counted here. */
const stores: FullStore[] = []
afterEach(async () => {
  stores.splice(0)
  await Promise.all(sources.splice(0).map(source => source.close()))
  await redis.flushall()
})

/** One process of a fleet, with a connection of its own that is ready. */
async function newProcess(transport: ScriptedTransport) {
  const store = storeFor()
  await store.read('a key of nobody')
  await (await store.subscribe('a key of nobody', () => undefined))()
  const count = counted(store)
  const client = { id: 'the-id', secret: 'the-s3cret' }
  const source = tokenSource({ provider: PROVIDER, client, transport, store: count.store })
  sources.push(source)
  stores.push(store)
  return { source, count }
}

/** The store, and the commands that it was asked for; that each is one command is tested elsewhere. */
function counted(inner: FullStore) {
  const commands: string[] = []
  const asked = <Result>(command: string, result: Result): Result => {
    commands.push(command)
    return result
  }
  const store: FullStore = {
    ...inner,
    read: key => asked('read', inner.read(key)),
    write: (key, change) => asked('write', inner.write(key, change)),
    subscribe: (key, onChange) => asked('subscribe', inner.subscribe(key, onChange)),
  }
  return { store, commands }
}

let probes = 0

/** Every process has heard all hints that were published, and has had an answer to what it asked for because of them. */
async function allQuiet(): Promise<void> {
  const key = `quiet ${++probes}`
  const heard = new Set<FullStore>()
  // Hints come in order over the one connection on which a process listens.
  for (const store of stores) await store.subscribe(key, () => heard.add(store))
  await storeFor().write(key, { value: 'x', expected: undefined })
  await eventually('the last hint is heard', () => heard.size === stores.length)
  await Promise.all(stores.map(store => store.read(key)))
}

function answer(step: Held, token: string): void {
  step.answer(jsonResponse({ access_token: token, expires_in: 3_600 }))
}

describe('a token on Redis', () => {
  it('costs its first process three commands, one that waits for it three, and a cached call none', async () => {
    const request = held()
    const transport = scriptedTransport(request.step)
    const [first, second] = [await newProcess(transport), await newProcess(transport)]
    const tokens = [first.source.token()]
    await request.arrived
    tokens.push(second.source.token())
    await eventually('the other one waits', () => second.count.commands.length === 2)
    answer(request, 'token-1')
    expect((await Promise.all(tokens)).map(({ accessToken }) => accessToken)).toEqual(['token-1', 'token-1'])
    await allQuiet()
    expect(first.count.commands.toSorted()).toEqual(['subscribe', 'write', 'write'])
    expect(second.count.commands.toSorted()).toEqual(['read', 'subscribe', 'write'])

    for (let i = 0; i < 1_000; i++) await Promise.all([first.source.token(), second.source.token()])
    expect([first.count.commands.length, second.count.commands.length]).toEqual([3, 3])
  })

  it('costs at most four commands when it is renewed', async () => {
    const steps = [held(), held()] as const
    const transport = scriptedTransport()
    transport.expect(steps[0].step, steps[1].step)
    const { source, count } = await newProcess(transport)
    const first = source.token()
    answer(steps[0], 'token-1')
    const token = await first
    await allQuiet()
    const before = count.commands.length
    source.reject(token)
    const second = source.token()
    answer(steps[1], 'token-2')
    expect((await second).accessToken).toBe('token-2')
    await allQuiet()
    expect(count.commands.length - before).toBeLessThanOrEqual(4)
  })
})

describe('a process that was busy for longer than an operation may take', () => {
  it('finds the answer that has come meanwhile', async () => {
    const notices: string[] = []
    const store = storeFor({ commandTimeoutMs: 200, onNotice: ({ type }) => notices.push(type) })
    await store.write('warm', { value: 'x', expected: undefined })
    const writing = store.write('busy', { value: 'x', expected: undefined })
    await new Promise(resolve => setImmediate(resolve))
    const until = performance.now() + 400
    while (performance.now() < until);
    expect((await writing).written).toBe(true)
    expect(notices).toEqual([])
  })
})
