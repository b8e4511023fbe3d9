import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileStore } from '@evergrant/store-file'
import { sealed, sealedUnder } from '@evergrant/store-layers'
import { redisStore } from '@evergrant/store-redis'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { startServer } from '@evergrant/tooling-redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readKeyringFile } from '../src/keyring/keyring-file.ts'
import { evergrant as runCommand } from './support/command-line.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const KILLER = new URL('support/killed-in-change.ts', import.meta.url).href

let folder: string
let ring: string
let place: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-cli-sealed-'))
  ring = join(folder, 'ring')
  place = join(folder, 'store')
})
afterEach(() => rm(folder, { recursive: true }))

const evergrant = (args: string[], env: Record<string, string> = {}) =>
  runCommand(args, { env: { HOME: folder, ...env } })

async function valuesIn(store: ReturnType<typeof fileStore>): Promise<string[]> {
  const values: string[] = []
  for await (const key of store.keys?.() ?? []) values.push((await store.read(key))?.value ?? '')
  return values
}

async function fill(count: number): Promise<void> {
  const store = sealed(fileStore({ directory: place }), (await readKeyringFile(ring, {})).ring)
  for (let i = 0; i < count; i++) await store.write(`key ${i}`, { value: `value ${i}`, expected: undefined })
  await store.close?.()
}

/** Runs `rekey` in a process of its own that dies at its change to the disk of number `killAt`. How it ended. */
async function rekeyUntil(killAt: number): Promise<NodeJS.Signals | number> {
  const args = ['--conditions=evergrant-source', '--import', KILLER, MAIN]
  const child = spawn(process.execPath, [...args, 'rekey', '--store', place, '--keyring', ring], {
    stdio: 'ignore',
    env: { ...process.env, EVERGRANT_TEST_KILL_AT: String(killAt) },
  })
  const [code, signal] = await once(child, 'exit')
  return signal ?? code
}

describe('evergrant keygen', () => {
  it('makes a keyring that only its owner can read, and prints the id of the key and not the key', async () => {
    const { code, stdout, stderr } = await evergrant(['keygen', ring])
    const text = await readFile(ring, 'utf8')
    const [id, key = ''] = text.trim().split(':')
    expect([code, stdout, stderr]).toEqual([0, `${id}\n`, ''])
    expect(Buffer.from(key, 'base64')).toHaveLength(32)
    expect((await stat(ring)).mode & 0o777).toBe(0o600)
  })

  it('adds a key, on top or at the end, and keeps the others', async () => {
    await evergrant(['keygen', ring, '--id', 'a'])
    await writeFile(ring, `# our keys\n\n${(await readFile(ring, 'utf8')).trim()}`)
    await evergrant(['keygen', ring, '--id', 'b'])
    await evergrant(['keygen', ring, '--id', 'c', '--last'])
    expect((await readKeyringFile(ring, {})).ids).toEqual(['b', 'a', 'c'])
    expect(await readFile(ring, 'utf8')).toContain('# our keys')
    expect((await stat(ring)).mode & 0o777).toBe(0o600)
    const again = await evergrant(['keygen', ring, '--id', 'a'])
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('a key "a" already')])
    expect((await evergrant(['keygen', ring, '--id', 'a.b'])).code).toBe(2)
  })
})

describe('a keyring', () => {
  it.each([0o644, 0o640, 0o604, 0o620])('of mode %o is refused', async mode => {
    await evergrant(['keygen', ring])
    await chmod(ring, mode)
    const { code, stderr } = await evergrant(['token', '--sandbox', '--store', place, '--keyring', ring])
    expect([code, stderr]).toEqual([3, expect.stringContaining('chmod 600')])
  })

  it.each([
    ['a:short', 'Line 2'],
    [`a.b:${'A'.repeat(43)}=`, 'Line 2'],
    ['', 'has no key'],
    [`a:${'A'.repeat(43)}\na:${'B'.repeat(43)}`, 'two keys have the id'],
  ])('of %j is refused, and nothing of it is shown', async (text, complaint) => {
    await writeFile(ring, `#\n${text}\n`, { mode: 0o600 })
    const { code, stderr } = await evergrant(['rekey', '--store', place, '--keyring', ring])
    expect([code, stderr]).toEqual([3, expect.stringContaining(complaint)])
    expect(stderr).not.toContain('AAAA')
    expect(stderr).not.toContain('short')
  })

  it('that is missing is said to be', async () => {
    const { code, stderr } = await evergrant(['rekey', '--store', place, '--keyring', ring])
    expect([code, stderr]).toEqual([3, expect.stringContaining('ENOENT')])
    expect((await evergrant(['rekey', '--store', place])).code).toBe(2)
  })
})

describe('evergrant token --keyring', () => {
  let sandbox: BaiduSandbox
  beforeEach(async () => {
    sandbox = await baiduSandbox()
  })
  afterEach(() => sandbox.close())

  it('keeps tokens sealed, finds them again, and after a change of keys as well', async () => {
    await evergrant(['keygen', ring, '--id', 'old'])
    const args = ['token', '--sandbox-url', sandbox.url, '--store', place]
    const first = await evergrant([...args, '--keyring', ring])
    expect(first.code).toBe(0)
    const [value = ''] = await valuesIn(fileStore({ directory: place }))
    expect([sealedUnder(value), value.includes(first.stdout.trim())]).toEqual(['old', false])
    await evergrant(['keygen', ring, '--id', 'new'])
    expect((await evergrant(args, { EVERGRANT_KEYRING: ring })).stdout).toBe(first.stdout)
    expect((await evergrant(['rekey', '--store', place, '--keyring', ring])).stdout).toContain(
      '1 under the key "new", 1 of them sealed anew',
    )
    await writeFile(ring, (await readFile(ring, 'utf8')).split('\n')[0] ?? '')
    expect((await evergrant([...args, '--keyring', ring])).stdout).toBe(first.stdout)
    expect(sandbox.counts.tokenRequests).toBe(1)
  })

  it('leaves alone what is sealed, where the keyring was forgotten, and says so', async () => {
    await evergrant(['keygen', ring, '--id', 'old'])
    const args = ['token', '--sandbox-url', sandbox.url, '--store', place]
    const first = await evergrant([...args, '--keyring', ring])
    const forgotten = await evergrant(args)
    expect([forgotten.code, forgotten.stdout]).toEqual([3, ''])
    expect(forgotten.stderr).toContain('record_sealed')
    expect(forgotten.stderr).toContain('--keyring')
    expect((await evergrant([...args, '--keyring', ring])).stdout).toBe(first.stdout)
    const store = sealed(fileStore({ directory: place }), (await readKeyringFile(ring, {})).ring)
    await store.write('evergrant:1:sign-in:default', { value: '{}', expected: undefined })
    await store.close?.()
    const signedIn = await evergrant(['token', '--store', place, '--as', 'default'])
    expect([signedIn.code, signedIn.stderr]).toEqual([3, expect.stringContaining('record_sealed')])
  })

  it('says which key is missing', async () => {
    await evergrant(['keygen', ring, '--id', 'old'])
    const args = ['token', '--sandbox-url', sandbox.url, '--store', place, '--keyring']
    await evergrant([...args, ring])
    await evergrant(['keygen', `${ring}2`, '--id', 'other'])
    expect((await evergrant([...args, `${ring}2`])).stderr).toContain('under the key "old"')
  })
})

describe('evergrant rekey', () => {
  it('says how many are left, under which key, and why', async () => {
    await evergrant(['keygen', ring, '--id', 'lost'])
    await fill(2)
    const store = fileStore({ directory: place })
    await store.write('plain', { value: '{}', expected: undefined })
    await rm(ring)
    await evergrant(['keygen', ring, '--id', 'new'])
    const { code, stdout } = await evergrant(['rekey', '--store', place, '--keyring', ring])
    expect(code).toBe(3)
    expect(stdout).toContain('2 left under the key "lost"')
    expect(stdout).toContain('1 left in clear')
    expect(stdout).toContain('2 × seal_key_missing')
    const json = JSON.parse(
      (await evergrant(['rekey', '--store', place, '--keyring', ring, '--plain', '--json'])).stdout,
    )
    expect(json).toEqual({
      key: 'new',
      looked: 3,
      rewritten: 1,
      current: 0,
      left: { lost: 2 },
      reasons: { seal_key_missing: 2 },
    })
  })

  it('may be killed at any point and loses nothing', async () => {
    await evergrant(['keygen', ring, '--id', 'old'])
    const count = 8
    await fill(count)
    await evergrant(['keygen', ring, '--id', 'new'])
    const store = fileStore({ directory: place })
    const reader = sealed(store, (await readKeyringFile(ring, {})).ring)
    // Each run dies one change to the disk later than the one before; the last has too few left to die, and ends well.
    let kills = 0
    while ((await rekeyUntil(kills + 1)) === 'SIGKILL') {
      kills += 1
      for (let i = 0; i < count; i++) expect((await reader.read(`key ${i}`))?.value).toBe(`value ${i}`)
    }
    // A record takes five changes and more: the first kills meet all of one, the later ones the midst of many.
    expect(kills).toBeGreaterThan(5)
    expect((await valuesIn(store)).map(sealedUnder)).toEqual(Array(count).fill('new'))
    await store.close?.()
  })

  it('finds the records of a Redis, and nothing else in it', async () => {
    const redis = await startServer()
    await redis.ask('SET', 'foreign', 'text')
    await redis.ask('HSET', 'foreign hash', 'a', 'b')
    await evergrant(['keygen', ring, '--id', 'old'])
    const store = redisStore({ url: redis.url })
    const old = sealed(store, (await readKeyringFile(ring, {})).ring)
    const key = `evergrant:1:${crypto.randomUUID()}`
    await old.write(key, { value: 'x', expected: undefined })
    await evergrant(['keygen', ring, '--id', 'new'])
    const { stdout } = await evergrant(['rekey', '--store', redis.url, '--keyring', ring, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ rewritten: 1, left: {} })
    expect(await redis.ask('GET', 'foreign')).toBe('text')
    expect(sealedUnder((await store.read(key))?.value ?? '')).toBe('new')
    await store.close?.()
    await redis.close()
  })
})
