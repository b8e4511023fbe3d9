import { subscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { auditLog } from '@evergrant/audit'
import type { Secret, Store } from '@evergrant/core'
import { decryptedSecret, vaultTransit } from '@evergrant/kms'
import { baidu } from '@evergrant/provider-baidu'
import { baiduApi } from '@evergrant/provider-baidu/calls'
import { type TokenSource, tokenSource } from '@evergrant/runtime'
import { watchAnomalies } from '@evergrant/runtime/anomalies'
import { authorizedFetch, callGuard } from '@evergrant/runtime/calls'
import { DIAGNOSTIC_CHANNELS, publishDiagnostics, publishEvent } from '@evergrant/runtime/node'
import { fileStore } from '@evergrant/store-file'
import { keyring, sealed } from '@evergrant/store-layers'
import { redisStore } from '@evergrant/store-redis'
import { authorizedDispatcher, undiciTransport } from '@evergrant/transport-undici'

/**
 * A process in which everything happens that can be told of: tokens are won, used, rejected and refused, the server is
 * gone, calls fail. It prints whatever a program might print of it, and ends with a crash. Tokens go to its parent.
 *
 * @module
 */

/** What the process is told, as its only argument in JSON. */
export interface ScenarioOptions {
  readonly apiKey: string
  readonly secretKey: string
  readonly sealKey: string
  readonly url: string
  /** A server of which nothing answers. */
  readonly goneUrl: string
  readonly redisUrl: string
  /** A key service, its token, and the secret key as it has encrypted it. */
  readonly vaultUrl: string
  readonly vaultToken: string
  readonly ciphertext: string
  readonly directory: string
  readonly auditDirectory: string
}

const options = JSON.parse(process.argv[2] ?? '') as ScenarioOptions
const tokens: string[] = []

function print(what: string, value: unknown): void {
  process.stdout.write(`${what}: ${inspect(value, { depth: 12, showHidden: true })}\n`)
  process.stdout.write(`${what} as JSON: ${JSON.stringify(value)}\n${what} as text: ${String(value)}\n`)
}

/** Prints whatever an act fails with, in every way. */
async function failing(what: string, act: () => Promise<unknown>): Promise<void> {
  try {
    print(what, await act())
  } catch (error) {
    print(what, error)
    if (error instanceof Error) print(`${what}, cause and stack`, [error.stack, error.cause])
  }
}

async function life(source: TokenSource): Promise<void> {
  const token = await source.token()
  tokens.push(token.accessToken)
  print('token', token)
  print('source', source)
  print('explanation', source.explain())
  const guard = callGuard({ onEvent: publishEvent })
  const api = baiduApi({ origins: [options.url] })
  const call = authorizedFetch(source, api, { guard, onEvent: publishEvent, limits: { attemptsMax: 1 } })
  const where = `${options.url}/rpc/2.0/mt/texttrans/v1`
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"q":"a"}' }
  await failing('call', async () => (await call(where, init)).url)
  source.reject(token)
  await failing('call after a rejection', async () => (await call(where, init)).status)
  await failing('call of another origin', () => call('https://elsewhere.example/', init))
  await failing('call that is authorized twice', () =>
    call(`${where}?access_token=${token.accessToken}`, init),
  )
  const dispatcher = authorizedDispatcher(source, api)
  await failing('request', async () => {
    const { body } = await dispatcher.request({
      origin: options.url,
      path: '/rpc/2.0/mt/texttrans/v1',
      ...init,
      method: 'POST',
    })
    return body.text()
  })
  await dispatcher.close()
  tokens.push((await source.token()).accessToken)
}

function sourceOf(store: Store, url: string, secret: string | Secret): TokenSource {
  return tokenSource({
    provider: baidu({ endpoint: `${url}/oauth/2.0/token` }),
    client: { id: options.apiKey, secret },
    store,
    transport: undiciTransport({ allowInsecureLoopback: true, connectTimeoutMs: 500 }),
    policy: { callTimeoutMs: 3_000 },
  })
}

for (const name of DIAGNOSTIC_CHANNELS) subscribe(name, message => print(name, message))
const key = new Uint8Array(Buffer.from(options.sealKey, 'base64'))
const ring = keyring({ current: { id: 'one', key } })
const log = await auditLog({ directory: options.auditDirectory, calls: 'all' })
const vault = { url: options.vaultUrl, token: options.vaultToken, allowInsecureLoopback: true }
const service = vaultTransit({ ...vault, key: 'evergrant' })
const secret = decryptedSecret({ service, ciphertext: options.ciphertext })
const stores = {
  redis: sealed(redisStore({ url: options.redisUrl, prefix: 'canary:' }), ring),
  file: sealed(fileStore({ directory: options.directory }), ring),
}
for (const [name, store] of Object.entries(stores)) {
  const source = sourceOf(store, options.url, secret)
  publishDiagnostics(source)
  source.on(log.hear)
  watchAnomalies(source, { host: 'here', thresholds: { hosts: ['elsewhere'] }, onAnomaly: publishEvent })
  await life(source)
  await source.drop()
  await source.close()
  // A second client: the same keys with a secret that the server refuses and repeats in its answer.
  const refused = sourceOf(store, options.url, `${options.secretKey}-wrong`)
  publishDiagnostics(refused)
  await failing(`refused over ${name}`, () => refused.token({ probe: true }))
  await refused.close()
  const gone = sourceOf(store, options.goneUrl, options.secretKey)
  publishDiagnostics(gone)
  await failing(`gone over ${name}`, () => gone.token())
  await gone.close()
  print(`store ${name}`, store)
}
print('key service', service)
print('decrypted secret', secret)
await failing('ciphertext that was changed', async () =>
  decryptedSecret({ service, ciphertext: options.ciphertext.replace(/.{8}$/, 'AAAAAAAA') }).read(),
)
await failing('key service of another token', async () =>
  decryptedSecret({
    service: vaultTransit({ ...vault, token: `${options.vaultToken}x`, key: 'evergrant' }),
    ciphertext: options.ciphertext,
  }).read(),
)
print('keyring', ring)
print('log', log)
log.close()
process.send?.(tokens)
// What is not caught is printed by the platform, with everything that hangs on it.
const last = sourceOf(stores.file, options.goneUrl, options.secretKey)
throw Object.assign(new Error('the end', { cause: await last.token().catch((error: unknown) => error) }), {
  last,
  ring,
  stores,
  secret,
  log,
})
