import { clusterRedis, eventually, type RedisServer } from '@evergrant/tooling-redis'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisStoreOptions } from '../src/index.ts'
import { failureOf, hintCounter, put, storeMaker } from './support/bench.ts'
import { readmeRule } from './support/readme-rule.ts'

const cluster = await clusterRedis({ config: ['cluster-require-full-coverage no'] })
afterAll(() => cluster.close())

const make = storeMaker()

/** Gives a user to every node, with what may be said after its password. */
async function admit(...user: readonly string[]): Promise<void> {
  await Promise.all(cluster.servers.map(server => server.ask('ACL', 'SETUSER', ...user)))
}

function storeAs(username: string, commandTimeoutMs = 5_000, onNotice?: RedisStoreOptions['onNotice']) {
  const nodes = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const client = new Cluster(nodes, { lazyConnect: true, redisOptions: { username, password: 'password' } })
  return make({ client, commandTimeoutMs, ...(onNotice && { onNotice }) })
}

let keys = 0
/** A key of its own, in a slot that is on its way from its owner to another node. */
async function movingKey() {
  const key = `evergrant:1:user:${keys++}`
  const { slot, owner } = await cluster.locate(key)
  const other = cluster.servers.find(server => server !== owner) as RedisServer
  await cluster.beginMove(slot, other)
  return { key, slot, other }
}

describe('the user of the README', () => {
  beforeAll(async () => admit(...(await readmeRule())))

  it('may do all that a store does in a Cluster, also while a slot is on its way', async () => {
    const { key, slot, other } = await movingKey()
    const store = storeAs('evergrant')
    const version = await put(store, key, 'one')
    expect((await store.read(key))?.version).toBe(version)
    await cluster.finishMove(slot, other)
    const hints = hintCounter()
    await store.subscribe(key, hints.hear)
    const heard = hints.next()
    await put(store, key, 'two', version)
    await heard
  })
})

describe('a user who may not ask for what is on its way', () => {
  it('is told so, and its process lives on', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    await admit(...(await readmeRule()), '-asking')
    const { key, slot, other } = await movingKey()
    const store = storeAs('evergrant', 1_000)
    expect((await failureOf(store.read(key))).code).toBe('store_unreachable')
    await cluster.finishMove(slot, other)
    expect(await store.read(key)).toBeUndefined()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})

describe('a slot that nobody holds', () => {
  it('does not bring back later what was given up', async () => {
    await admit('free', 'on', '>password', '~*', '&*', '+@all')
    const key = `evergrant:1:user:${keys++}`
    const { slot, owner } = await cluster.locate(key)
    const store = storeAs('free', 300)
    await store.read(key)
    for (const server of cluster.servers) await server.ask('CLUSTER', 'DELSLOTS', slot)
    let answering = true
    // Other keys are answered all the time, so that the connection is believed.
    const busy = (async () => {
      while (answering) await store.read('elsewhere')
    })()
    const failure = await failureOf(store.write(key, { value: 'given up', expected: undefined }))
    expect(failure.message).toContain('CLUSTERDOWN')
    await owner.ask('CLUSTER', 'ADDSLOTS', slot)
    const givenUpAt = performance.now()
    await eventually('it would have been tried again', () => performance.now() > givenUpAt + 500)
    answering = false
    await busy
    expect(await owner.ask('EXISTS', key)).toBe(0)
  })
})

describe('a user who may not listen to sharded channels', () => {
  const NARROW = ['narrow', 'on', '>password', '~*', '&*', '+@all', '-ssubscribe', '-spublish']

  it('listens to others, is told so, and tries again with the next connection', async () => {
    await admit(...NARROW)
    const notices: string[] = []
    const listener = storeAs('narrow', 5_000, ({ type }) => notices.push(type))
    const writer = storeAs('narrow')
    const key = `evergrant:1:user:${keys++}`
    const hints = hintCounter()
    await listener.subscribe(key, hints.hear)
    expect(notices).toEqual(['hints_unsharded'])
    const first = hints.next()
    const version = await put(writer, key, 'one')
    await first
    const cut = () => Promise.all(cluster.servers.map(each => each.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')))
    const again = hints.next()
    await cut()
    await again
    expect(notices.filter(type => type === 'hints_unsharded')).toHaveLength(1)
    await admit('narrow', '+ssubscribe', '+spublish')
    const gap = hints.next()
    await cut()
    await gap
    const second = hints.next()
    await put(writer, key, 'two', version)
    await second
  })
})

describe('a Cluster that a store cannot be let into', () => {
  it('says why: wrong credentials', async () => {
    expect(await failureOf(storeAs('nobody').read('x'))).toMatchObject({
      kind: 'configure',
      message: 'Redis does not accept user and password. (WRONGPASS)',
    })
  })

  it('says why: a user who may not ask where the slots are', async () => {
    await admit('blind', 'on', '>password', '~*', '&*', '+@all', '-cluster')
    const failure = await failureOf(storeAs('blind').read('x'))
    expect([failure.kind, failure.message]).toEqual(['configure', expect.stringContaining('(NOPERM)')])
  })

  it('says why: it was taken for a single server', async () => {
    const [first] = cluster.servers
    const store = make({ url: first?.url ?? '' })
    const outcomes = Array.from({ length: 20 }, (_, i) =>
      store.read(`k${i}`).catch((error: unknown) => error),
    )
    const failure = (await Promise.all(outcomes)).find(outcome => outcome instanceof Error)
    expect(failure).toMatchObject({ kind: 'configure', message: expect.stringMatching(/Cluster.*\(MOVED\)/) })
  })
})
