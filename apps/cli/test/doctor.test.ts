import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant } from './support/command-line.ts'

const ID = 'abcdefghijklmnopqrstuvwx'
/** Looks like one, and does not stand here. */
const RANDOM = createHash('sha256').update('a secret').digest('hex').slice(0, 32)
const SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

let folder: string
let env: Record<string, string>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-doctor-'))
  env = { HOME: folder, BAIDU_API_KEY: ID, BAIDU_SECRET_KEY: SECRET }
})
afterEach(() => rm(folder, { recursive: true }))

describe('evergrant doctor', () => {
  it('has notes for a machine on which nothing is wrong, and shows no key', async () => {
    const { code, stdout } = await evergrant(['doctor'], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('✓ the store answers')
    expect(stdout).toContain('· tokens are kept in clear')
    expect(stdout).not.toContain(ID)
    expect(stdout).not.toContain(SECRET)
  })

  it('says what is missing, and ends with the code for that', async () => {
    const { code, stdout } = await evergrant(['doctor'], { env: { HOME: folder } })
    expect(code).toBe(3)
    expect(stdout).toContain('✗ there is no API Key: BAIDU_API_KEY is not set')
    const kind = await evergrant(['doctor'], { env: { ...env, BAIDU_API_KEY: 'ALTAKsomething' } })
    expect([kind.code, kind.stdout]).toEqual([3, expect.stringContaining('✗ A key that begins with "ALTAK"')])
  })

  it('looks for the keys of another platform where it is named', async () => {
    const wechat = { HOME: folder, WECHAT_APP_ID: 'wx0123456789', WECHAT_APP_SECRET: 'a secret' }
    const { code, stdout } = await evergrant(['doctor', '--provider', 'wechat'], { env: wechat })
    expect([code, stdout]).toEqual([0, expect.stringContaining('the secret comes from WECHAT_APP_SECRET')])
    expect(stdout).not.toContain('BAIDU')
    const missing = await evergrant(['doctor', '--provider', 'feishu'], { env: wechat })
    expect([missing.code, missing.stdout]).toEqual([3, expect.stringContaining('FEISHU_APP_ID is not set')])
  })

  it('objects to a file with a key that everybody can read', async () => {
    const path = join(folder, 'secret')
    await writeFile(path, SECRET)
    const verdicts: unknown[] = []
    for (const mode of [0o600, 0o640, 0o644]) {
      await chmod(path, mode)
      const { code, stdout } = await evergrant(['doctor', '--secret-key-file', path, '--json'], { env })
      const findings = JSON.parse(stdout) as { verdict: string; text: string }[]
      verdicts.push([code, findings.find(({ text }) => text.includes(path))?.verdict])
    }
    expect(verdicts).toEqual([
      [0, 'good'],
      [0, 'note'],
      [3, 'bad'],
    ])
    expect(
      (await evergrant(['doctor', '--secret-key-file', join(folder, 'none')], { env })).stdout,
    ).toContain('(ENOENT)')
  })

  it('finds the keys in the source, however they are written, and not elsewhere', async () => {
    const source = join(folder, 'src')
    await mkdir(join(source, 'deep', 'node_modules'), { recursive: true })
    await writeFile(join(source, 'fine.ts'), 'const secret = env("BAIDU_SECRET_KEY")')
    await writeFile(join(source, 'deep', 'node_modules', 'a.js'), SECRET)
    const clean = await evergrant(['doctor', '--source', source], { env })
    expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining('no key stands in 1 file below')])
    await writeFile(join(source, 'deep', 'a.ts'), `const secret = '${SECRET}'`)
    await writeFile(join(source, 'b.yml'), `x: ${Buffer.from(`${SECRET}\n`).toString('base64')}`)
    const { code, stdout } = await evergrant(['doctor', '--source', source], { env })
    expect(code).toBe(3)
    expect(stdout).toContain(`✗ a key stands in ${join(source, 'deep', 'a.ts')}`)
    expect(stdout).toContain(`✗ a key stands in ${join(source, 'b.yml')}`)
    expect(stdout).not.toContain(SECRET)
  })

  it('finds what looks like a secret, by file and line, also where no key is configured', async () => {
    const source = join(folder, 'src')
    await mkdir(source)
    await writeFile(
      join(source, 'a.ts'),
      `\nconst source = tokenSource({ client: { id, secret: '${RANDOM}' } })\n`,
    )
    await writeFile(join(source, 'b.json'), `{"clientSecret": "${RANDOM}"}`)
    const args = ['doctor', '--source', source, '--source-only']
    const { code, stdout } = await evergrant([...args, '--json'], { env: { HOME: folder } })
    expect([code, JSON.parse(stdout)]).toMatchObject([
      3,
      [
        { verdict: 'bad', file: 'a.ts', line: 2 },
        { verdict: 'bad', file: 'b.json', line: 1 },
      ],
    ])
    expect(stdout).not.toContain(RANDOM)
    await writeFile(join(source, 'a.ts'), `const secret = '${RANDOM}' // evergrant: not a secret`)
    await rm(join(source, 'b.json'))
    expect((await evergrant(args, { env: { HOME: folder } })).code).toBe(0)
  })

  it('finds a keyring as keygen has written it, and says what to do about its key', async () => {
    const source = join(folder, 'src')
    await mkdir(source)
    await evergrant(['keygen', join(source, 'ring')], { env })
    await evergrant(['keygen', join(source, 'ring')], { env })
    const args = ['doctor', '--source', source, '--source-only']
    const { code, stdout } = await evergrant(args, { env: { HOME: folder } })
    expect(code).toBe(3)
    for (const line of [1, 2])
      expect(stdout).toContain(
        `✗ what looks like a key of a keyring stands in ${join(source, 'ring')}:${line}\n`,
      )
    expect(stdout).toContain('evergrant rekey')
  })

  it('lets a file of settings have secrets, unless everybody can read it', async () => {
    const path = join(folder, '.env.production')
    await writeFile(path, `BAIDU_SECRET_KEY=${RANDOM}\n`)
    const codes: unknown[] = []
    for (const mode of [0o600, 0o644]) {
      await chmod(path, mode)
      const { code, stdout } = await evergrant(['doctor', '--source', folder, '--source-only'], { env })
      codes.push([code, stdout.slice(0, 1)])
    }
    expect(codes).toEqual([
      [0, '·'],
      [3, '✗'],
    ])
  })

  it('finds nothing of that kind in this repository', async () => {
    const source = fileURLToPath(new URL('../../..', import.meta.url))
    const nobody = { env: { HOME: folder } }
    const { code, stdout } = await evergrant(['doctor', '--source', source, '--source-only'], nobody)
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing that looks like one')])
  })

  it('has to know what to search', async () => {
    expect((await evergrant(['doctor', '--source-only'], { env })).code).toBe(2)
    const missing = await evergrant(['doctor', '--source', join(folder, 'none')], { env })
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('is no directory')])
  })

  it('looks at the store, the audit log and the second verification', async () => {
    const audit = join(folder, 'audit')
    await mkdir(audit, { mode: 0o700 })
    await writeFile(join(audit, 'foreign'), '')
    const { code, stdout } = await evergrant(['doctor', '--store', 'ftp://no-store'], {
      env: { ...env, EVERGRANT_AUDIT: audit },
    })
    expect(code).toBe(3)
    expect(stdout).toContain('✗ the store does not answer')
    expect(stdout).toContain(`✗ the audit log in ${audit} has 1 problems`)
    expect(stdout).toContain('· sensitive commands ask for no code')
  })
})
