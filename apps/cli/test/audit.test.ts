import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditLog, auditLog } from '@evergrant/audit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant } from './support/command-line.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')

let folder: string
let log: AuditLog

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-audit-'))
  const signWith = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  log = await auditLog({ directory: join(folder, 'log'), signWith, host: 'web-1' })
  const about = { provider: 'baidu', grant: 'ab12cd34' }
  log.record({ what: 'renewal.started', outcome: 'begun', ...about })
  log.record({ what: 'renewal.failed', outcome: 'failed', ...about, detail: { code: 'invalid_client' } })
})
afterEach(async () => {
  log.close()
  await rm(folder, { recursive: true })
})

describe('evergrant audit verify', () => {
  it('says that a log is sound, and where it ends', async () => {
    const { chain, number, hash } = log.head
    const result = await evergrant(['audit', 'verify', join(folder, 'log')])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toBe(`sound: 3 entries in 1 chain\nhead ${chain}:${number}:${hash}\n`)
  })

  it('checks signatures with the public key, and heads that were kept', async () => {
    const pem = join(folder, 'key.pem')
    await writeFile(pem, publicKey.export({ type: 'spki', format: 'pem' }))
    const env = { EVERGRANT_AUDIT: join(folder, 'log') }
    const head = `${log.head.chain}:${log.head.number}:${log.head.hash}`
    const args = ['audit', 'verify', '--public-key', pem, '--json']
    const good = await evergrant([...args, '--head', head], { env })
    expect([good.code, JSON.parse(good.stdout)]).toMatchObject([0, { sound: true }])
    const other = await evergrant([...args, '--head', head.replace(':3:', ':9:')], { env })
    expect([other.code, JSON.parse(other.stdout)]).toMatchObject([6, { sound: false }])
    expect((await evergrant([...args, '--head', 'nonsense'], { env })).code).toBe(2)
  })

  it('names the line that was changed, and ends with the code for what cannot be trusted', async () => {
    const [file = ''] = (await readdir(join(folder, 'log'))).filter(each => each.endsWith('.jsonl'))
    const path = join(folder, 'log', file)
    await writeFile(path, (await readFile(path, 'utf8')).replace('invalid_client', 'nothing_at_all'))
    const { code, stdout } = await evergrant(['audit', 'verify', join(folder, 'log')])
    expect(code).toBe(6)
    expect(stdout).toContain(`${file}:3: this is not the line that was written`)
    expect(stdout).toContain('not sound')
    expect((await evergrant(['audit', 'report', join(folder, 'log')])).code).toBe(6)
  })

  it('wants to know where the log is', async () => {
    expect(await evergrant(['audit', 'verify'])).toMatchObject({ code: 2 })
    expect((await evergrant(['audit', 'verify', join(folder, 'none')])).stderr).toContain('audit_unreadable')
  })
})

describe('evergrant audit report', () => {
  it('tells of every key when and where it was used and what failed', async () => {
    const { code, stdout } = await evergrant(['audit', 'report', join(folder, 'log')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^baidu ab12cd34\n {2}used {7}\d{4}-\d\d-\d\d /)
    expect(stdout).toContain('on         web-1')
    expect(stdout).toContain('failures   1, 1 × invalid_client')
    const json = await evergrant(['audit', 'report', '--json', join(folder, 'log')])
    expect(JSON.parse(json.stdout)).toMatchObject([{ grant: 'ab12cd34', requests: 1, unused: false }])
  })
})

describe('a command', () => {
  it('writes down what it does with keys, and no key and no token', async () => {
    const directory = join(folder, 'own')
    const env = { EVERGRANT_AUDIT: directory, HOME: folder }
    const { stdout } = await evergrant(['token', '--sandbox'], { env })
    const [file = ''] = (await readdir(directory)).filter(each => each.endsWith('.jsonl'))
    const text = await readFile(join(directory, file), 'utf8')
    expect(text.match(/"what":"[\w.]+"/g)).toEqual([
      '"what":"log.opened"',
      '"what":"renewal.started"',
      '"what":"renewal.succeeded"',
      '"what":"log.closed"',
    ])
    expect(text).not.toContain(stdout.trim())
    expect((await evergrant(['audit', 'verify'], { env })).code).toBe(0)
  })

  it('is not carried out when that cannot be written', async () => {
    const env = { EVERGRANT_AUDIT: '/dev/null/no-directory', HOME: folder }
    const { code, stdout, stderr } = await evergrant(['token', '--sandbox'], { env })
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('audit_unwritable')
  })
})
