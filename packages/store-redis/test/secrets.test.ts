import { tracingChannel } from 'node:diagnostics_channel'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { eventually, type RedisServer, startServer, tcpProxy } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { generate } from 'selfsigned'
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { redactedBytes } from '../src/redacted-bytes.ts'
import { failureOf, hintCounter, put, storeMaker } from './support/bench.ts'
import { readmeRule } from './support/readme-rule.ts'

const server = await startServer()
const redis = new Redis(server.url)
const opened: RedisServer[] = [server]
afterAll(async () => {
  redis.disconnect()
  await Promise.all(opened.map(each => each.close()))
})
const KEY = 'evergrant:1:0123abcd'
const SECRET = 'planted-s3cret-token'
const storeFor = storeMaker({ url: server.url })

beforeEach(() => redis.flushall())

/** A life of a record with a secret in it. */
async function life(store: ReturnType<typeof storeFor>): Promise<void> {
  await store.subscribe(KEY, () => undefined)
  const first = await put(store, KEY, SECRET)
  await store.read(KEY)
  await store.write(KEY, { value: `${SECRET} refused`, expected: undefined })
  const second = await put(store, KEY, `${SECRET} again`, first)
  await store.write(KEY, { value: undefined, expected: second })
}

describe('what the server sees of a secret', () => {
  it('is the value of a write, and nothing else: no key, no channel, no message', async () => {
    const lines: string[][] = []
    const client = new Redis(server.url)
    const monitor = await client.monitor()
    monitor.on('monitor', (_time: string, args: string[]) => lines.push(args))
    const messages: string[] = []
    const listener = new Redis(server.url)
    await listener.psubscribe('*')
    listener.on('pmessage', (_pattern: string, channel: string, text: string) => messages.push(channel, text))
    await life(storeFor())
    await redis.ping('the end')
    await eventually(
      'all is seen',
      () => lines.some(args => args.includes('the end')) && messages.length === 6,
    )
    for (const each of [client, monitor]) each.disconnect()
    listener.disconnect()

    const showing = lines.filter(args => args.some(arg => arg.includes(SECRET)))
    for (const args of showing) {
      const [command = ''] = args
      // The last argument of the write script, and what the script itself puts into the field `value`.
      const value = /^eval(sha)?$/i.test(command) ? args.at(-1) : args[args.indexOf('value') + 1]
      expect([command, value]).toEqual([command, expect.stringContaining(SECRET)])
      expect(args.filter(arg => arg.includes(SECRET))).toHaveLength(1)
    }
    expect(showing.length).toBeGreaterThan(0)
    expect(messages.filter((_, i) => i % 2 === 0)).toEqual([KEY, KEY, KEY])
    expect(messages.join(' ')).not.toContain(SECRET)
  })
})

describe('what others in this process see of a secret', () => {
  it('is nothing where commands are traced', async () => {
    const seen: unknown[] = []
    const start = (context: unknown) => seen.push(structuredClone((context as { args?: unknown }).args))
    const channel = tracingChannel('ioredis:command')
    channel.start.subscribe(start)
    await life(storeFor())
    channel.start.unsubscribe(start)
    expect(seen.length).toBeGreaterThan(0)
    expect(JSON.stringify(seen)).toContain('‹redacted›')
    expect(JSON.stringify(seen)).not.toContain(SECRET)
  })

  it('is nothing, however the bytes are printed', () => {
    const bytes = redactedBytes(SECRET)
    const printed = [
      String(bytes),
      `${bytes}`,
      JSON.stringify({ bytes }),
      inspect({ bytes }),
      [bytes].join(' '),
    ]
    for (const text of printed) expect(text).toContain('‹redacted›')
    expect(Buffer.compare(bytes, Buffer.from(SECRET))).toBe(0)
  })

  it('is nothing in an error, even when the server repeats what was sent', async () => {
    const proxied = await tcpProxy(server.port)
    // Servers and proxies that do not know a command repeat its arguments.
    await redis.acl('SETUSER', 'narrow', 'on', `>${SECRET}`, '~*', '&*', '+@all', '-@scripting')
    const url = `redis://narrow:${SECRET}@127.0.0.1:${proxied.port}`
    const store = storeFor({ url })
    const failures = [
      await failureOf(store.write(KEY, { value: SECRET, expected: undefined })),
      await failureOf(storeFor({ url: url.replace('narrow', 'nobody') }).read(KEY)),
    ]
    proxied.mode = 'blackhole'
    failures.push(await failureOf(storeFor({ url, commandTimeoutMs: 100 }).read(KEY)))
    for (const failure of failures) {
      const { stack, ...fields } = failure
      expect(inspect([failure, failure.message, stack, fields, failure.cause])).not.toContain(SECRET)
      expect(failure.cause).toBeUndefined()
    }
    expect(failures.map(({ kind }) => kind)).toEqual(['configure', 'configure', 'retry'])
    expect(failures[1]?.message).toContain('WRONGPASS')
    await proxied.close()
  })
})

describe('the user of the README', () => {
  it('may do all that a store does', async () => {
    await server.ask('ACL', 'SETUSER', ...(await readmeRule()))
    const url = `redis://evergrant:password@127.0.0.1:${server.port}`
    const notices: string[] = []
    const store = storeFor({ url, probeIntervalMs: 50, onNotice: ({ type }) => notices.push(type) })
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    await life(store)
    await store.write(KEY, { value: 'x', expected: undefined, retainUntil: Date.now() + 1e6 })
    await eventually('hints come', () => hints.count >= 4)
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await eventually('they come again', () => notices.includes('hints_restored'))
    expect(notices).toEqual(['hints_interrupted', 'hints_restored'])
  })

  it('may not read or write the keys of others', async () => {
    await server.ask('ACL', 'SETUSER', ...(await readmeRule()))
    const store = storeFor({ url: `redis://evergrant:password@127.0.0.1:${server.port}` })
    expect((await failureOf(store.read('other'))).message).toContain('NOPERM')
  })
})

describe('a connection over TLS', () => {
  it('is had by URL and certificate authority, and not without', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
      ],
    })
    const secure = await startSecureServer(key, cert)
    const url = `rediss://localhost:${secure.port}`
    const store = storeFor({ url, connection: { tls: { ca: cert } } })
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    await put(store, KEY, 'one')
    await eventually('the hint is heard', () => hints.count === 1)
    const failure = await failureOf(storeFor({ url }).read(KEY))
    expect(failure.message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  async function startSecureServer(key: string, cert: string): Promise<{ port: number }> {
    const plain = await startServer()
    opened.push(plain)
    const [keyFile, certFile] = [join(plain.folder, 'key.pem'), join(plain.folder, 'cert.pem')]
    await Promise.all([writeFile(keyFile, key), writeFile(certFile, cert)])
    const { freePort } = await import('@evergrant/tooling-redis')
    const port = await freePort()
    const settings = [
      'tls-cert-file',
      certFile,
      'tls-key-file',
      keyFile,
      'tls-auth-clients',
      'no',
      'tls-port',
      port,
    ]
    await plain.ask('CONFIG', 'SET', ...settings)
    return { port }
  }
})

it(`ioredis ${inject('major')} is what these tests looked at`, () => {
  expect(new Redis({ lazyConnect: true }).options.protocol).toBe(inject('major') === 5 ? undefined : 3)
})
