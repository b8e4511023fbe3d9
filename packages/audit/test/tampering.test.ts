import { generateKeyPairSync } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readLine } from '../src/audit-line.ts'
import { type AuditHead, type AuditProblem, auditLog, verifyAudit } from '../src/index.ts'
import { linesOf, logFolder, partsOf, rewrite } from './support/log-folder.ts'

const ENTRIES = 12
/** More with `EVERGRANT_MUTATIONS`: a bounded number is tried in every run. */
const MUTATIONS = Number(process.env.EVERGRANT_MUTATIONS ?? 20_000)
const { publicKey, privateKey } = generateKeyPairSync('ed25519')

async function written(): Promise<{ directory: string; head: AuditHead }> {
  const directory = await logFolder()
  const log = await auditLog({ directory })
  for (let i = 0; i < ENTRIES - 2; i++)
    log.record({ what: 'renewal.succeeded', outcome: 'done', detail: { i } })
  log.close()
  return { directory, head: log.head }
}

const kinds = (problems: readonly AuditProblem[]) => problems.map(({ kind }) => kind)

describe('whoever changes a log', () => {
  it.each([
    [
      'changes a line',
      (lines: string[]) => lines.with(4, lines[4]?.replace('done', 'failed') ?? ''),
      'line_changed',
    ],
    ['removes a line', (lines: string[]) => lines.toSpliced(4, 1), 'line_missing'],
    [
      'swaps two lines',
      (lines: string[]) => lines.toSpliced(4, 2, lines[5] ?? '', lines[4] ?? ''),
      'line_out_of_order',
    ],
    ['doubles a line', (lines: string[]) => lines.toSpliced(4, 0, lines[4] ?? ''), 'line_out_of_order'],
    ['removes the first line', (lines: string[]) => lines.slice(1), 'line_missing'],
    ['removes the last lines', (lines: string[]) => lines.slice(0, -3), 'end_missing'],
    ['adds a line', (lines: string[]) => [...lines, '{"what":"renewal.succeeded"}'], 'line_changed'],
  ])('and %s is found out', async (_, change, expected) => {
    const { directory } = await written()
    await rewrite(directory, change(await linesOf(directory)))
    const { sound, problems } = await verifyAudit(directory)
    expect(sound).toBe(false)
    expect(kinds(problems)).toContain(expected)
  })

  it('and takes a file away, or lays one down, is found out', async () => {
    const { directory } = await written()
    await writeFile(join(directory, 'mine.jsonl'), '')
    expect(kinds((await verifyAudit(directory)).problems)).toEqual(['file_foreign'])
    await rm(join(directory, 'mine.jsonl'))
    await rm(join(directory, (await partsOf(directory))[0] ?? ''))
    expect(kinds((await verifyAudit(directory)).problems)).toEqual(['end_missing'])
  })

  it('and takes a part of a chain away is found out', async () => {
    const directory = await logFolder()
    const log = await auditLog({ directory, partBytesMax: 4_096 })
    for (let i = 0; i < 40; i++) log.record({ what: 'renewal.started', outcome: 'begun' })
    log.close()
    await rm(join(directory, (await partsOf(directory))[1] ?? ''))
    expect(kinds((await verifyAudit(directory)).problems)).toEqual(['part_missing', 'line_missing'])
  })

  it('and takes a whole chain away, or the end and the word for it, is found out by a head that was kept', async () => {
    const { directory, head } = await written()
    const file = join(directory, `${head.chain}.head.json`)
    const lines = await linesOf(directory)
    await rewrite(directory, lines.slice(0, -1))
    const before = JSON.parse(lines.at(-2) ?? '') as { number: number; hash: string }
    await writeFile(file, JSON.stringify({ chain: head.chain, number: before.number, hash: before.hash }))
    expect((await verifyAudit(directory)).sound).toBe(true)
    expect(kinds((await verifyAudit(directory, { heads: [head] })).problems)).toEqual(['end_missing'])
    for (const each of await readdir(directory)) await rm(join(directory, each))
    expect(kinds((await verifyAudit(directory, { heads: [head] })).problems)).toEqual(['end_missing'])
  })

  it('and writes it anew is found out by its signatures', async () => {
    const { directory } = await written()
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
    expect(new Set(kinds((await verifyAudit(directory, { publicKey: pem })).problems))).toEqual(
      new Set(['signature_missing']),
    )
  })

  it('in any way, with any byte, is found out', async () => {
    const { directory } = await written()
    const file = join(directory, (await partsOf(directory))[0] ?? '')
    const whole = await readFile(file)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(whole)
        changed[at] = (changed[at] ?? 0) ^ flip
        await writeFile(file, changed)
        return !(await verifyAudit(directory)).sound
      }),
      { numRuns: 300 },
    )
  })
})

describe('a line', () => {
  let line: string
  beforeAll(async () => {
    const directory = await logFolder()
    const log = await auditLog({
      directory,
      signWith: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    })
    log.record({
      what: 'token.revealed',
      outcome: 'done',
      provider: 'baidu',
      grant: 'ab',
      detail: { to: 'tty' },
    })
    line = (await linesOf(directory))[1] ?? ''
    log.close()
  })

  it('whose signature is written in another way is not signed', () => {
    // 64 bytes are 86 digits, the last of which has four bits that stand for nothing.
    const last = line.at(-3) ?? ''
    const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const alike = [...DIGITS].filter(each => DIGITS.indexOf(each) >> 4 === DIGITS.indexOf(last) >> 4)
    const read = alike.map(each => readLine(`${line.slice(0, -3)}${each}"}`, publicKey)?.signature)
    expect(read.filter(signature => signature === 'good')).toHaveLength(1)
    expect(read).toHaveLength(16)
  })

  it(`is refused in each of ${MUTATIONS} mutations of it, and none of them does any other harm`, {
    timeout: 3_600_000,
  }, () => {
    expect(readLine(line, publicKey)).toMatchObject({ signature: 'good' })
    const piece = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('{', '}', '"', ',', line.slice(20, 60)),
    )
    fc.assert(
      fc.property(fc.nat(line.length), fc.nat(12), piece, (at, removed, added) => {
        const changed = line.slice(0, at) + added + line.slice(at + removed)
        if (changed === line) return true
        const read = readLine(changed, publicKey)
        return read === undefined || read.signature !== 'good'
      }),
      { numRuns: MUTATIONS },
    )
  })
})
