import { inspect } from 'node:util'
import { KMS } from '@aws-sdk/client-kms'
import { EvergrantError } from '@evergrant/core'
import { keyring, sealed } from '@evergrant/store-layers'
import { memoryStore } from '@evergrant/store-memory'
import { AWS, awsKmsServer, jsonServer, refusal } from '@evergrant/tooling-key-services'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { awsKms } from '../src/index.ts'

const KEY_ID = 'alias/evergrant'
const CONTEXT = { tenant: 'a', 'evergrant:key': 'kms' }

const server = await awsKmsServer([KEY_ID, 'alias/other'])
afterAll(() => server.close())
const { accessKeyId, secretAccessKey, region } = AWS
const clientWith = (secret: string) =>
  new KMS({
    region,
    endpoint: server.url,
    credentials: { accessKeyId, secretAccessKey: secret },
    maxAttempts: 1,
  })
const service = () => awsKms({ client: clientWith(secretAccessKey), keyId: KEY_ID })

beforeEach(() => server.clear())
afterEach(() => {
  server.fail(undefined)
})

async function failureOf(operation: Promise<unknown>): Promise<EvergrantError> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (EvergrantError.is(error)) return error
  throw new Error('it did not fail as it should', { cause: error })
}

describe('a key at AWS KMS', () => {
  it('makes data keys and unwraps them, by requests that are signed', async () => {
    const { plaintext, wrapped } = await service().generate(CONTEXT)
    expect(plaintext).toHaveLength(32)
    expect(await service().unwrap(wrapped, { 'evergrant:key': 'kms', tenant: 'a' })).toEqual(plaintext)
    expect([server.targets, server.unsigned]).toEqual([
      ['TrentService.GenerateDataKey', 'TrentService.Decrypt'],
      0,
    ])
  })

  it('unwraps in no other context, under no other key, and nothing that was changed', async () => {
    const { wrapped } = await service().generate(CONTEXT)
    const other = awsKms({ client: clientWith(secretAccessKey), keyId: 'alias/other' })
    const changed = `A${wrapped.slice(1)}` === wrapped ? `B${wrapped.slice(1)}` : `A${wrapped.slice(1)}`
    for (const attempt of [
      service().unwrap(wrapped, { ...CONTEXT, tenant: 'b' }),
      other.unwrap(wrapped, CONTEXT),
      service().unwrap(changed, CONTEXT),
    ]) {
      expect(await failureOf(attempt)).toMatchObject({
        kind: 'configure',
        code: 'key_service_failed',
        status: 400,
      })
    }
    expect(await failureOf(service().unwrap('no base64!', CONTEXT))).toMatchObject({ kind: 'distrust' })
  })

  it('with a wrong secret is refused by the signature, which a person has to put right', async () => {
    const wrong = awsKms({ client: clientWith('another'), keyId: KEY_ID })
    const failure = await failureOf(wrong.generate(CONTEXT))
    expect(failure).toMatchObject({ kind: 'configure', status: 400 })
    expect(failure.message).toContain('InvalidSignatureException')
    expect(server.unsigned).toBe(1)
  })

  it.each([
    ['AccessDeniedException', 400, 'configure'],
    ['DisabledException', 400, 'configure'],
    ['KMSInternalException', 500, 'retry'],
    ['KeyUnavailableException', 500, 'retry'],
    ['ThrottlingException', 400, 'retry'],
    ['TooManyRequestsException', 429, 'retry'],
  ] as const)('that answers %s (%i) calls for: %s', async (type, status, kind) => {
    server.fail(refusal(type, status))
    const failure = await failureOf(service().generate(CONTEXT))
    expect(failure).toMatchObject({ kind, code: 'key_service_failed', status })
    expect(failure.message).toContain(type)
    expect(inspect(failure, { depth: 9 })).not.toContain('s3cret')
  })

  it('that cannot be reached is to be tried again, and one that answers with nothing is distrusted', async () => {
    const closed = await jsonServer(() => ({ status: 200 }))
    await closed.close()
    const client = new KMS({
      region,
      endpoint: closed.url,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    })
    expect(await failureOf(awsKms({ client, keyId: KEY_ID }).generate(CONTEXT))).toMatchObject({
      kind: 'retry',
    })
    server.fail({ status: 200, body: {} })
    expect(await failureOf(service().generate(CONTEXT))).toMatchObject({ kind: 'distrust' })
    expect(await failureOf(service().unwrap('AAAA', CONTEXT))).toMatchObject({ kind: 'distrust' })
  })

  it('seals a store: one request to make a key, one to unwrap it in another process', async () => {
    const inner = memoryStore()
    const open = () => sealed(inner, keyring({ current: { id: 'kms', service: service() } }))
    const [writer, reader] = [open(), open()]
    for (const key of ['a', 'b']) await writer.write(key, { value: `token ${key}`, expected: undefined })
    for (const key of ['a', 'b']) expect((await reader.read(key))?.value).toBe(`token ${key}`)
    expect(server.targets).toEqual(['TrentService.GenerateDataKey', 'TrentService.Decrypt'])
    expect((await inner.read('a'))?.value).not.toContain('token')
  })

  it('needs a name', () => {
    expect(() => awsKms({ client: clientWith('x'), keyId: '' })).toThrow('Invalid option: keyId')
  })
})
