import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EvergrantError } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { type AuditRecord, auditLog, verifyAudit } from '../src/index.ts'
import { linesOf, logFolder, partsOf } from './support/log-folder.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const PRIVATE = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }) as string
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

async function failureOf(promise: Promise<unknown>): Promise<EvergrantError> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => (EvergrantError.is(error) ? error : Promise.reject(error)),
  )
}

describe('an audit log', () => {
  it('is lines of JSON that say who did what, when and how it ended', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory, host: 'web-1', now: () => NOW })
    log.record({
      what: 'token.revealed',
      outcome: 'done',
      provider: 'baidu',
      grant: 'ab12',
      detail: { to: 'tty' },
    })
    log.close()
    const lines = (await linesOf(directory)).map(line => JSON.parse(line) as AuditRecord)
    expect(lines.map(({ what }) => what)).toEqual(['log.opened', 'token.revealed', 'log.closed'])
    expect(lines[1]).toMatchObject({
      number: 2,
      at: '2026-01-02T03:04:05.000Z',
      by: { host: 'web-1', pid: process.pid },
      outcome: 'done',
      provider: 'baidu',
      grant: 'ab12',
      detail: { to: 'tty' },
    })
  })

  it('is sound as it was written, and says where it ends', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory })
    for (let i = 0; i < 5; i++) log.record({ what: 'renewal.succeeded', outcome: 'done' })
    expect(await verifyAudit(directory)).toMatchObject({
      sound: true,
      chains: [{ entries: 6, closed: false }],
    })
    const { head } = log
    log.close()
    const seen: string[] = []
    const verdict = await verifyAudit(directory, { heads: [head], onRecord: ({ what }) => seen.push(what) })
    expect(verdict).toMatchObject({ sound: true, problems: [], chains: [{ entries: 7, closed: true }] })
    expect(seen).toHaveLength(7)
  })

  it('goes on in another part when one is full, and in a chain of its own for every process', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory, partBytesMax: 4_096 })
    for (let i = 0; i < 40; i++) log.record({ what: 'renewal.started', outcome: 'begun', detail: { i } })
    const other = await auditLog({ directory })
    other.close()
    log.close()
    const verdict = await verifyAudit(directory)
    expect(verdict.sound).toBe(true)
    expect(verdict.chains.map(({ entries }) => entries).sort()).toEqual([2, 42])
    const parts = await partsOf(directory)
    expect(parts.length).toBeGreaterThan(3)
    for (const part of parts) expect((await stat(join(directory, part))).size).toBeLessThanOrEqual(4_096)
  })

  it('can be read by its owner alone', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory })
    log.close()
    const modes = await Promise.all(
      ['', ...(await readdir(directory))].map(async file => (await stat(join(directory, file))).mode & 0o777),
    )
    expect(modes).toEqual([0o700, 0o600, 0o600])
  })

  it('holds no more than it may: facts are cut, and cannot forge a line', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory })
    const detail = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`fact-${i}`, 'x'.repeat(1_000)]))
    log.record({ what: 'a', outcome: 'done', detail })
    log.record({
      what: 'b',
      outcome: 'done',
      detail: { text: 'one\n{"forged":true}\u001b[2J\u2028', odd: Number.NaN },
    })
    const [, a, b] = (await linesOf(directory)).map(line => (JSON.parse(line) as AuditRecord).detail)
    expect(Object.keys(a ?? {})).toHaveLength(16)
    expect(a?.['fact-0']).toHaveLength(256)
    expect(b).toEqual({ text: 'one�{"forged":true}�[2J�', odd: 'NaN' })
    expect(() => log.record({ what: 'Not a name', outcome: 'done' })).toThrow('cannot be called')
    log.close()
    expect(() => log.record({ what: 'a', outcome: 'done' })).toThrow(EvergrantError)
  })
})

describe('a signed log', () => {
  it('bears good signatures, which nobody else can make', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory, signWith: { read: () => PRIVATE } })
    log.close()
    expect(await verifyAudit(directory, { publicKey: PUBLIC })).toMatchObject({ sound: true })
    const another = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string
    const { problems } = await verifyAudit(directory, { publicKey: another })
    expect(problems.map(({ kind }) => kind)).toEqual(['signature_bad', 'signature_bad'])
  })

  it('is not taken from a log without signatures', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory })
    log.close()
    const { problems } = await verifyAudit(directory, { publicKey: PUBLIC })
    expect(problems.map(({ kind }) => kind)).toEqual(['signature_missing', 'signature_missing'])
  })

  it('needs an Ed25519 key, and the error does not tell it', async () => {
    const directory = await logFolder()
    for (const signWith of [
      's3cret',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        type: 'pkcs8',
        format: 'pem',
      }) as string,
    ]) {
      const error = await failureOf(auditLog({ directory, signWith }))
      expect(error).toMatchObject({ kind: 'configure', code: 'key_unusable' })
      expect(error.message).not.toContain('s3cret')
    }
  })
})

describe('a log that cannot be written', () => {
  it('says so before anything is done, and names the directory', async () => {
    const directory = await logFolder()
    await mkdir(directory, { recursive: true })
    await chmod(directory, 0o777)
    const error = await failureOf(auditLog({ directory }))
    expect(error).toMatchObject({ kind: 'configure', code: 'audit_unwritable' })
    expect(error.message).toContain(directory)
    const file = join(directory, 'a-file')
    await writeFile(file, '')
    expect(await failureOf(auditLog({ directory: file }))).toMatchObject({ code: 'audit_unwritable' })
    expect(await failureOf(auditLog({ directory, partBytesMax: 10 }))).toMatchObject({
      code: 'invalid_option',
    })
  })

  it('is refused where nobody can make a folder, and at once', async () => {
    // In /proc a folder that cannot be made is said to be missing.
    const error = await failureOf(auditLog({ directory: '/proc/evergrant/audit' }))
    expect(error).toMatchObject({ kind: 'configure', code: 'audit_unwritable' })
  })

  it('refuses an act that it cannot hold, and tells its owner of events that it missed', async () => {
    const directory = await logFolder()
    const failures: EvergrantError[] = []
    const log = await auditLog({ directory, onFailure: error => failures.push(error) })
    await rm(directory, { recursive: true })
    expect(() => log.record({ what: 'token.revealed', outcome: 'done' })).toThrow(
      'cannot be written (ENOENT)',
    )
    log.hear({ type: 'grant.dropped', at: NOW, provider: 'baidu', grant: 'ab12' })
    expect(failures.map(({ code }) => code)).toEqual(['audit_unwritable'])
    await mkdir(directory)
  })

  it('cannot be verified where there is none', async () => {
    expect(await failureOf(verifyAudit('/no/such/directory'))).toMatchObject({ code: 'audit_unreadable' })
  })
})
