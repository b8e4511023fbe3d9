import { inspect } from 'node:util'
import { EvergrantError } from '@evergrant/core'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../src/index.ts'

function complaintAbout(options: RedisStoreOptions): string {
  try {
    redisStore(options)
  } catch (error) {
    if (EvergrantError.is(error) && error.code === 'invalid_option') return error.message
    throw error
  }
  return 'none'
}

const url = 'redis://127.0.0.1:1'
const lazyConnect = true

describe('an option', () => {
  it.each<[keyof RedisStoreOptions, unknown]>([
    ['commandTimeoutMs', 0],
    ['commandTimeoutMs', 1.5],
    ['connectTimeoutMs', Number.NaN],
    ['connectTimeoutMs', Number.POSITIVE_INFINITY],
    ['probeIntervalMs', -1],
    ['probeIntervalMs', 2 ** 31],
    ['pendingMax', 0],
    ['subscriptionsMax', '5'],
    ['valueBytesMax', true],
  ])('%s of %s is refused, and named', (name, value) => {
    const complaint = complaintAbout({ url, [name]: value })
    expect(complaint).toContain(`${name} is ${value}, not a whole number from 1 to 2147483647.`)
  })

  it('that is missing where to connect is refused', () => {
    expect(complaintAbout({})).toContain('one of url, connection and client is needed')
  })

  it('too many of where to connect is refused', () => {
    const client = new Redis({ lazyConnect })
    expect(complaintAbout({ url, client })).toContain('client excludes url and connection')
    expect(complaintAbout({ connection: {}, client })).toContain('client excludes url and connection')
  })

  it.each(['', 'http://x', 'localhost:6379', 'redis://', 'rediss:x'])(
    'url %j is refused, and not repeated',
    bad => {
      const complaint = complaintAbout({ url: bad })
      expect(complaint).toBe('Invalid option: url is no redis: or rediss: URL.')
    },
  )

  it.each([
    'redis://user:planted/secret@db.example:6379',
    'redis://:planted#secret@db.example:6379',
    'redis://user:planted?secret@db.example:6379',
    'redis://user:12/planted@db.example:6379',
    'redis://user:12#planted@db.example:6379',
    'rediss://user:planted%zz@db.example',
    'redis://planted%zz:password@db.example',
    'redis://user:planted@db.example:99999',
  ])('url %j, whose password is not encoded or which is none, is refused, and not repeated', bad => {
    let thrown: unknown
    try {
      redisStore({ url: bad })
    } catch (error) {
      thrown = error
    }
    expect(EvergrantError.is(thrown) && thrown.message).toBe(
      'Invalid option: url cannot be parsed; special characters of a password are percent-encoded.',
    )
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain('planted')
  })

  it('url with what is percent-encoded is fine', () => {
    expect(complaintAbout({ url: 'redis://user:pass%2Fw%23rd%3F@127.0.0.1:1' })).toBe('none')
  })

  it('that wants TLS, but not to the servers that Sentinels name, is refused', () => {
    const behind = { sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'x', enableTLSForSentinelMode: false }
    const complaint = 'enableTLSForSentinelMode is false; with rediss: or tls, values go over TLS.'
    expect(complaintAbout({ url: 'rediss://x', connection: behind })).toContain(complaint)
    expect(complaintAbout({ connection: { ...behind, tls: {} } })).toContain(complaint)
    expect(complaintAbout({ connection: behind })).toBe('none')
  })

  it('prefix that is too long or no text is refused', () => {
    expect(complaintAbout({ url, prefix: 'x'.repeat(257) })).toContain('prefix')
    expect(complaintAbout({ url, prefix: 'x'.repeat(256) })).toBe('none')
  })

  it.each<[string, RedisStoreOptions]>([
    ['a URL', { url: `${url}/3` }],
    ['a query of a URL', { url: `${url}?db=3` }],
    ['options of a connection', { connection: { db: 3 } }],
    ['a client', { client: new Redis({ db: 3, lazyConnect }) }],
  ])(
    'that chooses a database by %s is refused: a prefix keeps apart as well, and does not get lost',
    (_, options) => {
      expect(complaintAbout(options)).toBe(
        'Invalid option: db is 3; only 0 is supported, use prefix to keep apart.',
      )
    },
  )

  it('that chooses the first database is no choice', () => {
    expect(complaintAbout({ url: `${url}/0` })).toBe('none')
  })

  it('keyPrefix of a client that is no text is refused', () => {
    const client = new Redis({ lazyConnect })
    Object.assign(client.options, { keyPrefix: Buffer.from('x') })
    expect(complaintAbout({ client })).toContain('keyPrefix of the client is not a text')
  })
})

it('a store of a Cluster takes over the prefix that its client has, wherever it has it', async () => {
  const nodes = [{ host: '127.0.0.1', port: 1 }]
  for (const options of [{ keyPrefix: 'mine:' }, { redisOptions: { keyPrefix: 'mine:' } }]) {
    const client = new Cluster(nodes, { ...options, lazyConnect })
    expect(complaintAbout({ client })).toBe('none')
  }
})
