import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inspect, promisify } from 'node:util'
import { EvergrantError, type Secret } from '@evergrant/core'
import { secretRing } from '@evergrant/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { keychainSecret, setKeychainSecret } from '../src/index.ts'
import { secretIn } from '../src/keychain-secret.ts'
import { keychainBy } from '../src/system-keychain.ts'
import { type SecretService, secretService, whyNoSecretService } from './support/secret-service.ts'

const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ01s3cr'
const PROGRAM = fileURLToPath(new URL('./programs/use-keychain.ts', import.meta.url))
const NODE_OPTIONS = ['--conditions=evergrant-source', '--disable-warning=ExperimentalWarning']
const PLACE = { service: 'my-service', account: 'baidu' }

async function failureOf(secret: Secret | Promise<unknown>): Promise<EvergrantError> {
  const error = await Promise.resolve('read' in secret ? secret.read() : secret).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (EvergrantError.is(error)) return error
  throw new Error('it did not fail as it should', { cause: error })
}

const missing = await whyNoSecretService()
if (missing !== undefined) console.warn(`The Secret Service is not tested: ${missing}.`)

describe.skipIf(missing !== undefined)('a secret in a Secret Service', () => {
  let service: SecretService
  beforeAll(async () => {
    service = await secretService()
  }, 60_000)
  afterAll(() => service.close())
  beforeEach(() => {
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', service.address)
  })

  it('is what was put there, by this package or by the tool of the system', async () => {
    await setKeychainSecret(PLACE, `${SECRET}\n`)
    expect(await keychainSecret(PLACE).read()).toBe(SECRET)
    const attributes = ['service', 'my-service', 'username', 'baidu']
    expect(await service.run('secret-tool', ['lookup', ...attributes])).toBe(SECRET)
    const theirs = ['store', '--label=theirs', 'service', 'other', 'username', 'baidu']
    await service.run('secret-tool', theirs, 'from secret-tool\n')
    expect(await keychainSecret({ service: 'other', account: 'baidu' }).read()).toBe('from secret-tool')
  })

  it('is read each time, so that it may change, and printed by nothing', async () => {
    const secret = keychainSecret(PLACE)
    await setKeychainSecret(PLACE, 'first')
    expect(await secret.read()).toBe('first')
    await setKeychainSecret(PLACE, 'second')
    expect(await secret.read()).toBe('second')
    const printed = [`${secret}`, JSON.stringify(secret), inspect(secret, { showHidden: true, depth: 9 })]
    expect(printed).toEqual(['‹redacted›', '"‹redacted›"', '‹redacted›'])
  })

  it('that is not there is said to be missing, and a ring goes on to the next place', async () => {
    const absent = keychainSecret({ service: 'my-service', account: 'nobody' })
    const failure = await failureOf(absent)
    expect(failure).toMatchObject({ kind: 'configure', code: 'secret_unavailable' })
    expect(failure.message).toContain('no secret of "nobody" for "my-service"')
    await setKeychainSecret(PLACE, SECRET)
    expect(await secretRing([absent, keychainSecret(PLACE)]).read()).toBe(SECRET)
  })

  // A process has one bus for as long as it lives, so that these have processes of their own.
  it('in a keyring that was locked, with nobody to ask, is unavailable, and can be neither read nor put', async () => {
    const other = await secretService()
    const use = (input: string) => other.run(process.execPath, [...NODE_OPTIONS, PROGRAM], input)
    expect(await use(SECRET)).toBe('read\n')
    await other.lock()
    for (const input of [SECRET, '']) {
      const said = await use(input)
      expect(said).toMatch(/^secret_unavailable /)
      expect(said).toContain('The keychain is locked')
      expect(said).not.toContain('s3cr')
    }
    await other.close()
  })

  it('cannot be reached without a bus, and is not looked for anywhere else', async () => {
    const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' }
    const running = promisify(execFile)(process.execPath, [...NODE_OPTIONS, PROGRAM], { env })
    running.child.stdin?.end()
    const { stdout } = await running
    expect(stdout).toMatch(/^secret_unavailable /)
    expect(stdout).toContain('needs a Secret Service')
  })
})

describe('a secret in a keychain', () => {
  it('is unavailable where there is no keychain for the platform, which shows with the first read only', async () => {
    const keychain = keychainBy(() => Promise.reject(new Error('Cannot find native binding')))
    const secret = secretIn(keychain, PLACE)
    const failure = await failureOf(secret)
    expect(failure).toMatchObject({ kind: 'configure', code: 'secret_unavailable' })
    expect(failure.message).toContain(`no keychain for this platform (${process.platform} ${process.arch})`)
  })

  it('is given up when the keychain waits for somebody who does not come', async () => {
    const silent = { get: () => new Promise<undefined>(() => undefined), set: async () => undefined }
    const secret = secretIn(silent, { ...PLACE, timeoutMs: 100 })
    expect((await failureOf(secret)).message).toContain('did not answer in time')
  })

  it.each([
    ['Secret Service: unlock prompt was dismissed', 'is locked'],
    ['User interaction is not allowed.', 'is locked'],
    [`cannot store ${SECRET}`, 'does not give the secret out'],
  ])('that is refused with "%s" %s, and no text of the keychain is shown', async (text, words) => {
    class Refusing {
      getPassword = async () => {
        throw new Error(text)
      }
    }
    const load = async () => ({ AsyncEntry: Refusing }) as never
    const failure = await failureOf(secretIn(keychainBy(load), PLACE))
    expect(failure.message).toContain(words)
    expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain(text)
  })

  it('needs names, and a secret', async () => {
    for (const odd of [
      { service: '' },
      { account: 'a\nb' },
      { service: 'x'.repeat(257) },
      { timeoutMs: 1 },
    ]) {
      expect(() => keychainSecret({ ...PLACE, ...odd })).toThrow('Invalid option')
    }
    expect(await failureOf(setKeychainSecret(PLACE, ' \n'))).toMatchObject({ code: 'invalid_option' })
  })
})
