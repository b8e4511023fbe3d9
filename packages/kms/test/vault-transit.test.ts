import { inspect } from 'node:util'
import { EvergrantError, fail } from '@evergrant/core'
import { keyring, sealed } from '@evergrant/store-layers'
import { memoryStore } from '@evergrant/store-memory'
import { wireServer } from '@evergrant/testkit'
import { VAULT, vaultServer } from '@evergrant/tooling-key-services'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type VaultTransitOptions, vaultTransit } from '../src/index.ts'

const TOKEN = VAULT.token
const CONTEXT = { b: '2', a: '1' }

const server = await vaultServer({ mount: 'kv/transit', namespace: 'team/a', key: 'orders' })
afterAll(() => server.close())
afterEach(() => {
  server.fail(undefined)
  server.requests.length = 0
})

function service(options: Partial<VaultTransitOptions> = {}) {
  return vaultTransit({
    url: server.url,
    token: TOKEN,
    key: 'orders',
    mount: 'kv/transit',
    namespace: 'team/a',
    allowInsecureLoopback: true,
    ...options,
  })
}

async function failureOf(operation: Promise<unknown>): Promise<EvergrantError> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (EvergrantError.is(error)) return error
  throw new Error('it did not fail as it should', { cause: error })
}

describe('a key of Vault Transit', () => {
  it('makes data keys and unwraps them, in whichever order the context is written', async () => {
    const { plaintext, wrapped } = await service().generate(CONTEXT)
    expect([plaintext.length, wrapped]).toEqual([32, expect.stringMatching(/^vault:v1:/)])
    expect(await service().unwrap(wrapped, { a: '1', b: '2' })).toEqual(plaintext)
    expect(server.requests).toEqual([
      'POST /v1/kv/transit/datakey/plaintext/orders',
      'POST /v1/kv/transit/decrypt/orders',
    ])
  })

  it('unwraps in no other context, and nothing that was changed', async () => {
    const { wrapped } = await service().generate(CONTEXT)
    const refused = { kind: 'configure', code: 'key_service_failed', status: 400 }
    expect(await failureOf(service().unwrap(wrapped, { a: '1' }))).toMatchObject(refused)
    const changed = wrapped.replace(/.{4}$/, 'AAAA')
    expect(await failureOf(service().unwrap(changed, CONTEXT))).toMatchObject(refused)
    expect(await failureOf(service().unwrap('vault:v1:../../sys', CONTEXT))).toMatchObject({
      kind: 'distrust',
    })
  })

  it('reads its token anew each time, and passes on why there is none', async () => {
    let token = 'old'
    const late = service({ token: { read: async () => token } })
    const failure = await failureOf(late.generate(CONTEXT))
    expect(failure).toMatchObject({ kind: 'configure', status: 403 })
    token = `${TOKEN}\n`
    expect((await late.generate(CONTEXT)).plaintext).toHaveLength(32)
    const none = service({
      token: {
        read() {
          throw new EvergrantError(fail('secret_unavailable'))
        },
      },
    })
    expect(await failureOf(none.generate(CONTEXT))).toMatchObject({ code: 'secret_unavailable' })
    token = 'two\nlines'
    expect(await failureOf(late.generate(CONTEXT))).toMatchObject({ code: 'key_service_failed' })
  })

  it.each([
    [{ status: 403, body: { errors: [TOKEN] } }, 'configure'],
    [{ status: 404 }, 'configure'],
    [{ status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'configure'],
    [{ status: 429 }, 'retry'],
    [{ status: 500 }, 'retry'],
    [{ status: 503, body: { errors: ['Vault is sealed'] } }, 'retry'],
    [{ status: 200, body: '<html>' }, 'distrust'],
    [{ status: 200, body: { data: { plaintext: 'AAAA', ciphertext: 'vault:v1:short' } } }, 'distrust'],
    [{ status: 200, body: { data: null } }, 'distrust'],
    [{ status: 200, body: `{"data":{"plaintext":"${'A'.repeat(70_000)}"}}` }, 'distrust'],
  ] as const)('that answers %j calls for: %s', async (given, kind) => {
    server.fail(given)
    const failure = await failureOf(service().generate(CONTEXT))
    expect(failure).toMatchObject({ kind, code: 'key_service_failed' })
    expect(inspect(failure, { depth: 9 })).not.toContain('s3cret')
    expect(server.requests).toHaveLength(1)
  })

  it('that is silent, or not there, is to be tried again', async () => {
    const silent = await wireServer('silence')
    const waiting = service({ url: `http://127.0.0.1:${silent.port}`, timeoutMs: 100 })
    expect((await failureOf(waiting.generate(CONTEXT))).message).toBe('Vault did not answer in time.')
    await silent.close()
    const gone = await failureOf(waiting.generate(CONTEXT))
    expect([gone.kind, gone.message]).toEqual(['retry', 'Vault cannot be reached (ECONNREFUSED).'])
  })

  it('seals a store, which goes on opening while Vault is down: where the key is in memory', async () => {
    const inner = memoryStore()
    const ring = keyring({ current: { id: 'vault', service: service() } })
    const store = sealed(inner, ring)
    await store.write('a', { value: 'a token', expected: undefined })
    server.fail({ status: 503 })
    expect((await store.read('a'))?.value).toBe('a token')
    const other = sealed(inner, keyring({ current: { id: 'vault', service: service() } }))
    expect(await failureOf(other.read('a'))).toMatchObject({ kind: 'retry', code: 'key_service_failed' })
  })

  it.each<[string, Partial<VaultTransitOptions>]>([
    ['http', { url: 'http://vault.example' }],
    [
      'http to this machine unless that is asked for',
      { url: 'http://127.0.0.1:1', allowInsecureLoopback: false },
    ],
    ['no URL', { url: 'vault' }],
    ['a URL with credentials', { url: 'https://a:b@vault.example' }],
    ['a key that is a path', { key: '../sys' }],
    ['a key that leads up', { key: '..' }],
    ['a mount that leads up', { mount: 'a/../b' }],
    ['a namespace with a line break', { namespace: 'a\nb' }],
    ['a timeout of nothing', { timeoutMs: 0 }],
  ])('refuses %s', (_, options) => {
    expect(() => service(options)).toThrow('Invalid option')
  })
})
