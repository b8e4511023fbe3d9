import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant as runCommand } from './support/command-line.ts'

let sandbox: BaiduSandbox
let folder: string

/** Files of the folder by their names, and of nowhere else. */
const at = (name: string) => join(folder, name)

beforeEach(async () => {
  sandbox = await baiduSandbox()
  folder = await mkdtemp(join(tmpdir(), 'evergrant-bundle-'))
})
afterEach(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

const evergrant = (...args: string[]) =>
  runCommand(args, { env: { HOME: folder, EVERGRANT_AUDIT: at('audit') } })

const bundle = (...args: string[]) => evergrant('bundle', ...args)

async function makeKeys(): Promise<void> {
  expect((await bundle('keygen', '--use', 'sign', '--out', at('office'))).code).toBe(0)
  expect((await bundle('keygen', '--use', 'encrypt', '--out', at('plant'))).code).toBe(0)
}

const creating = () => [
  'create',
  '--yes',
  '--sandbox-url',
  sandbox.url,
  '--sign',
  at('office.key'),
  '--out',
  at('b'),
]
const opening = () => [at('b'), '--key', at('plant.key'), '--trust', at('office.pub')]

describe('evergrant bundle', () => {
  it('carries a token to a machine where nobody answers', async () => {
    await makeKeys()
    const made = await bundle(...creating(), '--to', at('plant.pub'), '--purpose', 'plant 7')
    expect([made.code, made.stdout]).toEqual([0, ''])
    const shown = (await bundle('open', ...opening(), '--json', '--reveal', '--yes')).stdout
    const { accessToken } = JSON.parse(shown).grants[0]
    const { url } = sandbox
    await sandbox.close()

    const imported = await bundle('import', '--yes', ...opening(), '--store', at('plant'))
    expect([imported.code, imported.stderr]).toEqual([0, ''])
    expect(imported.stdout).toMatch(/^baidu \S+ [0-9a-f]{16} imported\n$/)
    // The URL is that of a sandbox that is gone: whatever is printed comes from the store.
    const served = await evergrant('token', '--sandbox-url', url, '--store', at('plant'), '--json')
    expect(served.code).toBe(0)
    expect(JSON.parse(served.stdout).access_token).toBe(accessToken)
    expect((await bundle('import', '--yes', ...opening(), '--store', at('plant'))).stdout).toContain(
      'this very token',
    )
    sandbox = await baiduSandbox()
  })

  it('shows whom a bundle is for, lists what is inside, and shows tokens only when asked to', async () => {
    await makeKeys()
    await bundle(...creating(), '--to', at('plant.pub'), '--purpose', 'plant 7', '--valid', '7d')
    const { stdout: facts } = await bundle('inspect', at('b'), '--json')
    const recipient = JSON.parse(await readFile(at('plant.pub'), 'utf8')).kid
    expect(JSON.parse(facts)).toMatchObject({ format: 1, for: 'key', recipient })
    const listed = await bundle('open', ...opening())
    expect(listed.stdout).toContain('plant 7')
    expect(listed.stdout).toContain(SANDBOX_APP.apiKey)
    expect(listed.stdout).toContain('(its fingerprint)')
    expect(listed.stdout + facts).not.toMatch(/\b24\.[0-9a-f]{32}/)
    expect((await bundle('open', ...opening(), '--reveal', '--yes')).stdout).toMatch(
      /token +24\.[0-9a-f]{32}/,
    )
    const json = await bundle('open', ...opening(), '--json')
    expect(JSON.parse(json.stdout).grants[0].fingerprint).toMatch(/^[0-9a-f]{16}$/)
    expect(json.stdout).not.toMatch(/\b24\.[0-9a-f]{32}/)
  })

  it('takes a passphrase out of a file', async () => {
    await makeKeys()
    await writeFile(at('words'), 'correct horse battery staple\n', { mode: 0o600 })
    await writeFile(at('other'), 'correct horse battery stable\n', { mode: 0o600 })
    expect((await bundle(...creating(), '--passphrase-file', at('words'))).code).toBe(0)
    const how = (file: string) => [at('b'), '--trust', at('office.pub'), '--passphrase-file', at(file)]
    expect((await bundle('open', ...how('words'))).code).toBe(0)
    const { code, stderr } = await bundle('open', ...how('other'))
    expect([code, stderr]).toEqual([3, expect.stringContaining('bundle_wrong_passphrase')])
  })

  it('writes what only its owner can read, and nothing over what exists', async () => {
    await makeKeys()
    await bundle(...creating(), '--to', at('plant.pub'))
    for (const name of ['b', 'office.key', 'plant.key']) {
      expect([name, ((await stat(at(name))).mode & 0o777).toString(8)]).toEqual([name, '600'])
    }
    const again = await bundle(...creating(), '--to', at('plant.pub'))
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('exists already')])
    expect((await bundle('keygen', '--use', 'sign', '--out', at('office'))).code).toBe(2)
  })

  it('does nothing sensitive unless somebody confirms it, and writes down what was done', async () => {
    await makeKeys()
    const [, yes, ...unconfirmed] = creating()
    const refused = await bundle('create', ...unconfirmed, '--to', at('plant.pub'))
    expect([yes, refused.code, refused.stderr]).toEqual(['--yes', 2, expect.stringContaining('add --yes')])
    await bundle(...creating(), '--to', at('plant.pub'))
    for (const args of [
      ['import', ...opening(), '--store', at('plant')],
      ['open', ...opening(), '--reveal'],
    ]) {
      const { code, stdout } = await bundle(...args)
      expect([args[0], code, stdout]).toEqual([args[0], 2, ''])
    }
    await bundle('import', '--yes', ...opening(), '--store', at('plant'))
    const files = (await readdir(at('audit'), { recursive: true })).map(name => join(at('audit'), name))
    const texts = await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')))
    const log = texts.join('\n')
    for (const what of ['created', 'imported', 'revealed']) expect(log).toContain(`bundle.${what}`)
    expect(log).toMatch(/"bundle.imported".*"done"|"done".*"bundle.imported"/)
    expect(log).not.toMatch(/\b24\.[0-9a-f]{32}/)
  })

  it('takes no private key that others can read', async () => {
    await makeKeys()
    await bundle(...creating(), '--to', at('plant.pub'))
    await chmod(at('plant.key'), 0o640)
    const { code, stderr } = await bundle('open', ...opening())
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('is open to others (mode 0640). Run: chmod 600'),
    ])
  })

  it.each([
    ['--sign', 'plant.key', 'is not made to sign', 'a private key that is made to sign: NAME.key'],
    ['--sign', 'office.pub', 'is public', 'a private key that is made to sign: NAME.key'],
    ['--to', 'office.pub', 'is not made to encrypt', 'a public key that is made to encrypt: NAME.pub'],
    ['--to', 'words', 'is no JWK', 'a public key that is made to encrypt: NAME.pub'],
    ['--key', 'office.key', 'is not made to encrypt', 'a private key that is made to encrypt: NAME.key'],
    ['--trust', 'plant.pub', 'is not made to sign', 'a public key that is made to sign: NAME.pub'],
  ])('names a key that is not the right one: %s %s', async (option, file, why, wanted) => {
    await makeKeys()
    const right = [...creating(), '--to', at('plant.pub')]
    await bundle(...right)
    await writeFile(at('words'), 'correct horse battery staple')
    const { tokenRequests } = sandbox.counts
    const args = option === '--sign' || option === '--to' ? right : ['open', ...opening()]
    const { code, stderr } = await bundle(
      ...args.map((each, i) => (args[i - 1] === option ? at(file) : each)),
    )
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining(`${option} ${at(file)}: The key cannot be used`),
    ])
    expect(stderr).toContain(why)
    expect(stderr).toContain(`what to do: ${option} wants ${wanted}`)
    expect(sandbox.counts.tokenRequests, 'nothing is fetched for it').toBe(tokenRequests)
  })

  it('takes every file that cannot be read for wrong usage, whatever it is for', async () => {
    await makeKeys()
    const gone = at('gone')
    const results = [
      await bundle(...creating(), '--to', gone),
      await bundle(...creating(), '--passphrase-file', gone),
      await bundle(...creating(), '--to', at('plant.pub'), '--sign', gone),
      await bundle('open', gone, '--key', at('plant.key'), '--trust', at('office.pub')),
      await bundle('open', at('office.pub'), '--key', gone, '--trust', at('office.pub')),
      await bundle('open', at('office.pub'), '--key', at('plant.key'), '--trust', gone),
    ]
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual(
      results.map(() => [2, `evergrant: ${gone} cannot be read (ENOENT)\n`]),
    )
  })

  it('tells by the exit code why it refuses', async () => {
    await makeKeys()
    await bundle('keygen', '--use', 'sign', '--out', at('stranger'))
    await bundle('keygen', '--use', 'encrypt', '--out', at('other'))
    await bundle(...creating(), '--to', at('plant.pub'))
    const trust = ['--trust', at('office.pub')]
    const codes = [
      await bundle('open', at('b'), '--key', at('other.key'), ...trust),
      await bundle('open', at('b'), '--key', at('plant.key'), '--trust', at('stranger.pub')),
      await bundle('open', ...opening(), '--provider', 'another'),
      await bundle('open', at('office.pub'), '--key', at('plant.key'), ...trust),
      await bundle('open', at('b'), '--key', at('plant.key')),
      await bundle('open', at('b'), ...trust),
      await bundle('open', at('missing'), '--key', at('plant.key'), ...trust),
      await bundle(...creating(), '--to', at('plant.pub'), '--valid', 'soon'),
      await bundle(...creating()),
    ]
    expect(codes.map(({ code }) => code)).toEqual([3, 6, 3, 6, 2, 2, 2, 2, 2])
    expect(codes.every(({ stdout }) => stdout === '')).toBe(true)
  })
})
