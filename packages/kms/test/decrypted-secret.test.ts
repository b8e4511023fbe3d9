import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { KMS } from '@aws-sdk/client-kms'
import { EvergrantError, type KeyService, type Secret, utf8Bytes } from '@evergrant/core'
import { oauthProvider, secretRing, tokenSource } from '@evergrant/runtime'
import { fileSecret } from '@evergrant/runtime/node'
import { jsonResponse, scriptedTransport } from '@evergrant/testkit'
import { AWS, awsKmsServer, VAULT, vaultServer } from '@evergrant/tooling-key-services'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { awsKms, type DecryptedSecretOptions, decryptedSecret, vaultTransit } from '../src/index.ts'

const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ01s3cr'
const KEY_ID = 'alias/evergrant'
const { accessKeyId, secretAccessKey, region } = AWS

const vault = await vaultServer()
const aws = await awsKmsServer([KEY_ID])
const client = new KMS({
  region,
  endpoint: aws.url,
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
})
const SERVICES: Readonly<Record<string, KeyService>> = {
  'Vault Transit': vaultTransit({
    url: vault.url,
    token: VAULT.token,
    key: VAULT.key,
    allowInsecureLoopback: true,
  }),
  'AWS KMS': awsKms({ client, keyId: KEY_ID }),
}
const asked = () => vault.requests.length + aws.targets.length

afterAll(() => Promise.all([vault.close(), aws.close()]))
beforeEach(() => {
  vault.requests.length = 0
  aws.clear()
})
afterEach(() => {
  vault.fail(undefined)
  aws.fail(undefined)
})

async function failureOf(secret: Secret): Promise<EvergrantError> {
  const error = await Promise.resolve(secret.read()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (EvergrantError.is(error)) return error
  throw new Error('it did not fail as it should', { cause: error })
}

function wrapped(service: KeyService, text = SECRET, context = {}): Promise<string> {
  return service.wrap?.(utf8Bytes(text), context) ?? Promise.reject(new Error('it cannot wrap'))
}

describe.each(Object.entries(SERVICES))('a secret that %s decrypts', (name, service) => {
  it('is what was encrypted, asked for once, and printed by nothing', async () => {
    const ciphertext = await wrapped(service, `${SECRET}\n`)
    const secret = decryptedSecret({
      service,
      ciphertext: `${ciphertext.slice(0, 20)}\n${ciphertext.slice(20)}\n`,
    })
    const before = asked()
    expect(await Promise.all([secret.read(), secret.read()])).toEqual([SECRET, SECRET])
    expect([await secret.read(), asked() - before]).toEqual([SECRET, 1])
    const printed = [`${secret}`, JSON.stringify(secret), inspect(secret, { showHidden: true, depth: 9 })]
    expect(printed).toEqual(['‹redacted›', '"‹redacted›"', '‹redacted›'])
    expect(ciphertext).not.toContain(SECRET)
  })

  it('opens in the context that it was encrypted in, and in no other', async () => {
    const ciphertext = await wrapped(service, SECRET, { app: 'billing' })
    expect(await decryptedSecret({ service, ciphertext, context: { app: 'billing' } }).read()).toBe(SECRET)
    const failure = await failureOf(decryptedSecret({ service, ciphertext, context: { app: 'mail' } }))
    expect(failure).toMatchObject({ kind: 'configure', code: 'key_service_failed', status: 400 })
  })

  it('is nothing but a complaint where the ciphertext is none', async () => {
    expect(await failureOf(decryptedSecret({ service, ciphertext: '{}!' }))).toMatchObject({
      kind: 'distrust',
      code: 'key_service_failed',
    })
    expect(await failureOf(decryptedSecret({ service, ciphertext: ' \n' }))).toMatchObject({
      kind: 'configure',
      code: 'secret_unavailable',
    })
    expect(asked()).toBe(0)
  })

  it('is refused with the reason of the service, and shows nothing of what that said', async () => {
    const ciphertext = await wrapped(service)
    vault.fail({ status: 403, body: { errors: [SECRET] } })
    aws.fail({ status: 400, body: { __type: 'AccessDeniedException', message: SECRET } })
    const failure = await failureOf(decryptedSecret({ service, ciphertext }))
    expect(failure).toMatchObject({ kind: 'configure', code: 'key_service_failed' })
    expect(failure.message).toContain(name.split(' ')[0])
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('s3cr')
  })
})

describe('a secret that a key service decrypts', () => {
  const service = SERVICES['Vault Transit'] as KeyService
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-ciphertext-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A secret on a clock that can be moved. */
  async function aging(options: Partial<DecryptedSecretOptions> = {}) {
    const path = join(folder, 'secret.kms')
    await writeFile(path, await wrapped(service))
    const time = { at: 0 }
    const clock = { now: () => time.at }
    return {
      path,
      time,
      secret: decryptedSecret({ service, ciphertext: fileSecret(path), clock, ...options }),
    }
  }

  it('is asked for again after an hour, and used on for a day while the service is away', async () => {
    const { time, secret } = await aging()
    await secret.read()
    const before = asked()
    time.at = 3_599_999
    await secret.read()
    expect(asked()).toBe(before)
    vault.fail({ status: 503 })
    time.at = 3_600_000
    expect([await secret.read(), asked()]).toEqual([SECRET, before + 1])
    time.at = 86_400_000
    expect(await failureOf(secret)).toMatchObject({ kind: 'retry', status: 503 })
  })

  it('is let go of when the service refuses, also when it is away after that', async () => {
    const { time, secret } = await aging({ freshForMs: 0 })
    await secret.read()
    time.at = 1
    vault.fail({ status: 403 })
    expect(await failureOf(secret)).toMatchObject({ kind: 'configure', status: 403 })
    vault.fail({ status: 503 })
    expect(await failureOf(secret)).toMatchObject({ kind: 'retry', status: 503 })
  })

  it('is another as soon as there is another ciphertext', async () => {
    const { path, secret } = await aging()
    expect(await secret.read()).toBe(SECRET)
    await writeFile(path, await wrapped(service, 'another'))
    expect(await secret.read()).toBe('another')
    await rm(path)
    expect(await failureOf(secret)).toMatchObject({ code: 'secret_unavailable' })
  })

  it('is asked for again when it was refused by the server that it is for', async () => {
    const { secret } = await aging()
    await secret.read()
    const before = asked()
    secret.forget?.()
    expect([await secret.read(), asked() - before]).toEqual([SECRET, 1])
  })

  it('does not come back from a question that was asked before it was refused', async () => {
    const answers: ((bytes: Uint8Array) => void)[] = []
    const slow = { ...service, unwrap: () => new Promise<Uint8Array>(resolve => answers.push(resolve)) }
    const secret = decryptedSecret({ service: slow, ciphertext: 'x' })
    const early = Promise.resolve(secret.read())
    await expect.poll(() => answers.length).toBe(1)
    secret.forget?.()
    answers[0]?.(utf8Bytes('old'))
    expect(await early).toBe('old')
    const late = Promise.resolve(secret.read())
    await expect.poll(() => answers.length).toBe(2)
    answers[1]?.(utf8Bytes('new'))
    expect([await late, await secret.read()]).toEqual(['new', 'new'])
  })

  it('is given up when the service is silent, or fails in a way of its own', async () => {
    const silent = { ...service, unwrap: () => new Promise<Uint8Array>(() => undefined) }
    const failure = await failureOf(decryptedSecret({ service: silent, ciphertext: 'x', timeoutMs: 100 }))
    expect([failure.kind, failure.message]).toEqual(['retry', 'The key service did not answer in time.'])
    const broken = {
      ...service,
      unwrap() {
        throw new TypeError(SECRET)
      },
    }
    const told = await failureOf(decryptedSecret({ service: broken, ciphertext: 'x' }))
    expect([told.kind, told.message]).toEqual(['retry', 'The key service has failed.'])
    expect(inspect(told, { depth: 9, showHidden: true })).not.toContain('s3cr')
  })

  it('has to be text, and its bytes are wiped', async () => {
    const bytes: Uint8Array[] = []
    const odd = (given: Uint8Array) => ({
      ...service,
      async unwrap() {
        bytes.push(given)
        return given
      },
    })
    for (const given of [Uint8Array.of(0xff, 0xfe), new Uint8Array(), utf8Bytes(' \n')]) {
      expect(await failureOf(decryptedSecret({ service: odd(given), ciphertext: 'x' }))).toMatchObject({
        code: 'secret_unavailable',
      })
    }
    await decryptedSecret({ service: odd(utf8Bytes(SECRET)), ciphertext: 'x' }).read()
    expect(bytes.flatMap(each => [...each]).filter(byte => byte !== 0)).toEqual([])
  })

  it('rotates in a ring: a refused one is decrypted anew, and then the next one is tried', async () => {
    const [current, next] = [await wrapped(service, 'current'), await wrapped(service, 'next')]
    const seen: string[] = []
    const transport = scriptedTransport(request => {
      const secret = new URLSearchParams(String(request.body)).get('client_secret') ?? ''
      seen.push(secret)
      if (secret === 'next') return jsonResponse({ access_token: 't', token_type: 'Bearer', expires_in: 60 })
      return jsonResponse({ error: 'invalid_client' }, 401)
    })
    const before = asked()
    await using source = tokenSource({
      provider: oauthProvider({
        tokenEndpoint: 'https://as.example/token',
        clientSecretMethod: 'client_secret_post',
      }),
      client: {
        id: 'i',
        secret: secretRing([current, next].map(ciphertext => decryptedSecret({ service, ciphertext }))),
      },
      transport,
    })
    expect((await source.token()).accessToken).toBe('t')
    expect([seen, asked() - before]).toEqual([['current', 'next'], 3])
  })

  it('refuses spans that are none', () => {
    const making = (options: Partial<DecryptedSecretOptions>) => () =>
      decryptedSecret({ service, ciphertext: 'x', ...options })
    expect(making({ timeoutMs: 1 })).toThrow('timeoutMs is 1')
    expect(making({ freshForMs: -1 })).toThrow('freshForMs is -1')
    expect(making({ keepForMs: 1 })).toThrow('keepForMs is 1')
  })
})
