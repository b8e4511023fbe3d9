import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileStore } from '@evergrant/store-file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookAtRecords } from '../src/doctor/look-at-records.ts'
import { readKeyringFile } from '../src/keyring/keyring-file.ts'
import { evergrant } from './support/command-line.ts'

let folder: string
let ring: string
let env: Record<string, string>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-doctor-'))
  ring = join(folder, 'ring')
  env = {
    HOME: folder,
    EVERGRANT_STORE: join(folder, 'store'),
    EVERGRANT_KEYRING: ring,
    BAIDU_API_KEY: 'abcdefghijklmnopqrstuvwx',
    BAIDU_SECRET_KEY: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
  }
})
afterEach(() => rm(folder, { recursive: true }))

const doctor = () => evergrant(['doctor'], { env })

/** Keeps records in clear. */
async function keep(...keys: readonly string[]): Promise<void> {
  const store = fileStore({ directory: join(folder, 'store') })
  for (const key of keys) await store.write(key, { value: '{}', expected: undefined })
  await store.close?.()
}

describe('evergrant doctor, of a store with a keyring,', () => {
  it('does not say that records are sealed before it has seen one', async () => {
    await evergrant(['keygen', ring, '--id', 'a'], { env })
    const { code, stdout } = await doctor()
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('✓ what is kept from now on is sealed, under the key "a"'),
    ])
  })

  it('counts what is in clear, under an older key and under one that is gone, and says what to do', async () => {
    await evergrant(['keygen', ring, '--id', 'lost'], { env })
    await keep('w')
    await evergrant(['rekey', '--plain'], { env })
    await rm(ring)
    await evergrant(['keygen', ring, '--id', 'old'], { env })
    await keep('x', 'y')
    await evergrant(['rekey', '--plain'], { env })
    await evergrant(['keygen', ring, '--id', 'new'], { env })
    await keep('z')
    const { code, stdout } = await doctor()
    expect(code).toBe(3)
    expect(stdout).toContain(
      '✗ 1 of 4 records is in clear, though there is a keyring\n    Run: evergrant rekey --plain',
    )
    expect(stdout).toContain('· 2 of 4 records are under the older key "old"\n    Run: evergrant rekey\n')
    expect(stdout).toContain('✗ 1 of 4 records is under the key "lost", which is not in the keyring')
    expect(stdout).not.toContain('✓ what is kept')
  })

  it('looks at some of many, says so, and goes on where one is garbled', async () => {
    await evergrant(['keygen', ring, '--id', 'a'], { env })
    const store = fileStore({ directory: join(folder, 'store') })
    for (const key of ['x', 'y', 'z', 'w']) await store.write(key, { value: 'evs1.a', expected: undefined })
    await store.close?.()
    const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() }
    const look = (recordsMax?: number) =>
      readKeyringFile(ring, {}).then(file => lookAtRecords(undefined, file, { ...streams, env }, recordsMax))
    expect((await look(3))[0]?.text.en).toMatch(/^3 of the first 3 records are garbled/)
    expect((await look())[0]?.text.en).toMatch(/^4 of 4 records are garbled/)
  })

  it('says all of it in Chinese to whoever reads that, and in English to programs', async () => {
    const chinese = { ...env, LANG: 'zh_CN.UTF-8', EVERGRANT_AUDIT: join(folder, 'no-audit') }
    await evergrant(['keygen', ring, '--id', 'old'], { env })
    await keep('x')
    await evergrant(['rekey', '--plain'], { env })
    await evergrant(['keygen', ring, '--id', 'new'], { env })
    await keep('y')
    const source = join(folder, 'src')
    await mkdir(source)
    await evergrant(['keygen', join(source, 'ring')], { env })
    await writeFile(join(source, 'a.ts'), `const key = '${env.BAIDU_SECRET_KEY}'`)
    const args = ['doctor', '--source', source]
    const { code, stdout } = await evergrant(args, { env: chinese })
    expect(code).toBe(3)
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(/\p{Script=Han}/u)
    expect(stdout).toContain('· API Key：取自 BAIDU_API_KEY\n')
    expect(stdout).toContain(
      '✗ 2 条记录中有 1 条为明文，尽管已有密钥环\n    请运行：evergrant rekey --plain\n',
    )
    expect(stdout).toContain(`✗ ${join(source, 'ring')}:1 疑似含有密钥环的密钥\n`)
    const outside = { LANG: 'zh', HOME: folder, EVERGRANT_KEYRING: join(folder, 'none') }
    const mended = await evergrant(['doctor', '--store', 'memory'], { env: outside })
    expect(mended.stdout).toMatch(/✗ 没有 API Key：未设置 BAIDU_API_KEY\n.*\n✗ 没有 Secret Key：/)
    expect(mended.stdout).toContain('✗ 无法读取所需的 id、密钥或密钥文件。（The keyring ')
    const { stdout: json } = await evergrant([...args, '--json'], { env: chinese })
    expect(json).not.toMatch(/\p{Script=Han}/u)
    expect(JSON.parse(json)).toContainEqual({
      verdict: 'bad',
      file: 'ring',
      line: 1,
      text: `what looks like a key of a keyring stands in ${join(source, 'ring')}:1`,
      remedy: expect.stringContaining('Keep the keyring elsewhere.'),
    })
  })

  it('says nothing of records where the store does not answer', async () => {
    await evergrant(['keygen', ring, '--id', 'a'], { env })
    await writeFile(join(folder, 'store'), '')
    const { code, stdout } = await doctor()
    expect([code, stdout]).toEqual([3, expect.not.stringContaining('records')])
  })
})
