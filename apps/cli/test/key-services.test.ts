import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decryptedSecret } from '@evergrant/kms'
import { fileStore } from '@evergrant/store-file'
import { sealedUnder } from '@evergrant/store-layers'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { AWS, awsKmsServer, refusal, VAULT, vaultServer } from '@evergrant/tooling-key-services'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readKeyringFile } from '../src/keyring/keyring-file.ts'
import { evergrant as runCommand } from './support/command-line.ts'

const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ01s3cr'
const vault = await vaultServer()
const aws = await awsKmsServer(['alias/evergrant'])
const SERVICES = {
  vault: `vault url=${vault.url} key=${VAULT.key} context.tenant=a`,
  'aws-kms': `aws-kms key=alias/evergrant region=${AWS.region} endpoint=${aws.url}`,
}
const ENV = { VAULT_TOKEN: VAULT.token }

let folder: string
let ring: string
let place: string
let sandbox: BaiduSandbox

afterAll(() => Promise.all([vault.close(), aws.close()]))
beforeEach(async () => {
  // The SDK of AWS looks at the environment of the process.
  vi.stubEnv('AWS_ACCESS_KEY_ID', AWS.accessKeyId).stubEnv('AWS_SECRET_ACCESS_KEY', AWS.secretAccessKey)
  folder = await mkdtemp(join(tmpdir(), 'evergrant-cli-services-'))
  ring = join(folder, 'ring')
  place = join(folder, 'store')
  sandbox = await baiduSandbox()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vault.fail(undefined)
  aws.fail(undefined)
  await sandbox.close()
  await rm(folder, { recursive: true })
})

const evergrant = (args: string[], { env = ENV, input = '' }: { env?: object; input?: string } = {}) =>
  runCommand(args, { stdin: input, env: { HOME: folder, ...env } })

const token = (...more: string[]) => ['token', '--sandbox-url', sandbox.url, '--store', place, ...more]

async function keysInStore(): Promise<(string | undefined)[]> {
  const store = fileStore({ directory: place })
  const under: (string | undefined)[] = []
  for await (const key of store.keys?.() ?? []) under.push(sealedUnder((await store.read(key))?.value ?? ''))
  await store.close?.()
  return under
}

describe.each(Object.entries(SERVICES))('a keyring with a key at %s', (kind, service) => {
  it('is written by keygen, which makes no key, and asks nobody', async () => {
    const before = vault.requests.length + aws.targets.length
    const { code, stdout } = await evergrant(['keygen', ring, '--id', 'kms', '--service', service])
    expect([code, stdout, await readFile(ring, 'utf8')]).toEqual([0, 'kms\n', `kms:${service}\n`])
    expect((await stat(ring)).mode & 0o777).toBe(0o600)
    expect(vault.requests.length + aws.targets.length).toBe(before)
  })

  it('seals what is kept, opens it again, and takes over from a key in the file by rekey, and back', async () => {
    await evergrant(['keygen', ring, '--id', 'own'])
    const first = await evergrant(token('--keyring', ring))
    await evergrant(['keygen', ring, '--id', 'kms', '--service', service])
    const rekeyed = await evergrant(['rekey', '--store', place, '--keyring', ring, '--json'])
    expect(JSON.parse(rekeyed.stdout)).toMatchObject({ key: 'kms', rewritten: 1, left: {} })
    expect(await keysInStore()).toEqual(['kms'])
    expect((await evergrant(token('--keyring', ring))).stdout).toBe(first.stdout)
    await evergrant(['keygen', ring, '--id', 'next'])
    expect((await evergrant(['rekey', '--store', place, '--keyring', ring])).code).toBe(0)
    expect([await keysInStore(), sandbox.counts.tokenRequests]).toEqual([['next'], 1])
  })

  it('is said to be out of reach while the service is away or refuses, and nothing is lost or kept in clear', async () => {
    await evergrant(['keygen', ring, '--id', 'kms', '--service', service])
    await evergrant(token('--keyring', ring))
    vault.fail({ status: 403, body: { errors: [VAULT.token] } })
    aws.fail(refusal('AccessDeniedException'))
    // A token that costs nothing to obtain is obtained all the same.
    const refused = await evergrant(token('--keyring', ring))
    const reason = kind === 'vault' ? 'note: Vault does not accept the token' : 'note: AWS KMS refuses'
    expect([refused.code, refused.stderr]).toEqual([0, expect.stringContaining(reason)])
    expect(refused.stderr).not.toContain('s3cret')
    expect(await keysInStore()).toEqual(['kms'])
    vault.fail({ status: 503 })
    aws.fail(refusal('KMSInternalException', 500))
    const rekeyed = await evergrant(['rekey', '--store', place, '--keyring', ring, '--json'])
    expect(JSON.parse(rekeyed.stdout)).toMatchObject({ current: 1, left: {} })
    await evergrant(['keygen', ring, '--id', 'next'])
    const left = await evergrant(['rekey', '--store', place, '--keyring', ring, '--json'])
    expect([left.code, JSON.parse(left.stdout)]).toMatchObject([
      3,
      { left: { kms: 1 }, reasons: { key_service_failed: 1 } },
    ])
  })

  it('is tried by doctor: made, unwrapped, and told what is wrong with it', async () => {
    await evergrant(['keygen', ring, '--id', 'kms', '--service', service])
    const env = { ...ENV, BAIDU_API_KEY: 'abcdefghijklmnopqrstuvwx', BAIDU_SECRET_KEY: 'A'.repeat(32) }
    const fine = await evergrant(['doctor', '--keyring', ring], { env })
    expect([fine.code, fine.stdout]).toEqual([0, expect.stringContaining('✓ the key "kms" can be used')])
    vault.fail({ status: 403 })
    aws.fail(refusal('AccessDeniedException'))
    const refused = await evergrant(['doctor', '--keyring', ring], { env })
    expect(refused.code).toBe(3)
    expect(refused.stdout).toContain('✗ the key "kms" cannot be used at its service')
    // One that only opens what it has sealed may lack the permission to make keys.
    await evergrant(['keygen', ring, '--id', 'own'])
    const older = await evergrant(['doctor', '--keyring', ring], { env })
    expect([older.code, older.stdout]).toEqual([0, expect.stringContaining('· the key "kms" cannot')])
  })

  it('encrypts a client secret, which decryptedSecret() reads in the same context', async () => {
    await evergrant(['keygen', ring, '--id', 'own'])
    await evergrant(['keygen', ring, '--id', 'kms', '--service', service, '--last'])
    const args = ['wrap', '--keyring', ring, '--context', 'app=billing']
    const { code, stdout } = await evergrant(args, { input: `${SECRET}\n` })
    expect(code).toBe(0)
    expect(stdout).not.toContain('s3cr')
    const key = (await readKeyringFile(ring, ENV)).keys[1]
    if (key === undefined || !('service' in key)) throw new Error('there is no such key')
    const decrypted = (context: Record<string, string>) =>
      decryptedSecret({ service: key.service, ciphertext: stdout, context }).read()
    expect(await decrypted({ app: 'billing' })).toBe(SECRET)
    await expect(decrypted({})).rejects.toMatchObject({ kind: 'configure' })
  })
})

describe('evergrant wrap', () => {
  it('has to know a key at a service, and a secret', async () => {
    expect((await evergrant(['wrap'])).stderr).toContain('--keyring')
    await evergrant(['keygen', ring, '--id', 'own'])
    expect(await evergrant(['wrap', '--keyring', ring], { input: SECRET })).toMatchObject({
      code: 2,
      stdout: '',
    })
    await evergrant(['keygen', ring, '--id', 'kms', '--service', SERVICES.vault])
    expect((await evergrant(['wrap', '--keyring', ring, '--key', 'own'], { input: SECRET })).code).toBe(2)
    expect((await evergrant(['wrap', '--keyring', ring], { input: ' ' })).stderr).toContain('nothing came')
    expect((await evergrant(['wrap', '--keyring', ring], { input: 'x'.repeat(4_097) })).code).toBe(2)
    expect((await evergrant(['wrap', '--keyring', ring, '--context', 'x'])).stderr).toContain(
      '<name>=<value>',
    )
  })
})

describe('a key at Vault', () => {
  it('is asked for with the token of VAULT_TOKEN, or of a file', async () => {
    const file = join(folder, 'vault-token')
    await writeFile(file, `${VAULT.token}\n`, { mode: 0o600 })
    await evergrant(['keygen', ring, '--id', 'kms', '--service', SERVICES.vault])
    const without = await evergrant(token('--keyring', ring), { env: {} })
    expect([without.stderr, await keysInStore()]).toEqual([
      expect.stringContaining('VAULT_TOKEN is not set'),
      [],
    ])
    await writeFile(ring, `kms:${SERVICES.vault} token-file=${file}`)
    expect((await evergrant(token('--keyring', ring), { env: {} })).stderr).not.toContain('note:')
    expect(await keysInStore()).toEqual(['kms'])
  })

  it.each([
    ['without a URL', 'vault key=evergrant'],
    ['at a URL that is not https', 'vault url=http://vault.example key=evergrant'],
    ['without a key', 'vault url=https://vault.example'],
    ['with a setting that there is not', 'vault url=https://vault.example key=a tokn=s3cret'],
    ['with a setting twice', 'vault url=https://vault.example key=a key=b'],
    ['at a service that there is not', 'gcp key=a'],
    ['without a key at AWS', 'aws-kms region=cn-north-1'],
    ['at an endpoint of AWS that is not https', 'aws-kms key=a endpoint=http://kms.example'],
  ])('%s is refused, and nothing of it is shown', async (_, service) => {
    const made = await evergrant(['keygen', ring, '--service', service])
    expect([made.code, made.stderr]).toEqual([3, expect.stringContaining('key_unusable')])
    await writeFile(ring, `kms:${service}`)
    await chmod(ring, 0o600)
    const read = await evergrant(['rekey', '--store', place, '--keyring', ring])
    expect([read.code, read.stderr]).toEqual([3, expect.stringContaining('Line 1')])
    expect(read.stderr).not.toContain('s3cret')
  })
})

describe('a key at AWS KMS', () => {
  it('says what to install where the SDK is not, once it is used and not before', async () => {
    vi.doMock('@aws-sdk/client-kms', () => {
      throw new Error('Cannot find package')
    })
    expect((await evergrant(['keygen', ring, '--id', 'kms', '--service', SERVICES['aws-kms']])).code).toBe(0)
    const { code, stderr } = await evergrant(['wrap', '--keyring', ring], { input: SECRET })
    vi.doUnmock('@aws-sdk/client-kms')
    expect([code, stderr]).toEqual([3, expect.stringContaining('npm install @aws-sdk/client-kms')])
  })
})
