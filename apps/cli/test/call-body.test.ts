import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bodyOf } from '../src/call-body.ts'
import { UsageError } from '../src/failure-report.ts'
import { evergrant } from './support/command-line.ts'

const TRANSLATION = 'https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1'

let folder: string
const nothing = Readable.from([])

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-body-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'body')
  await writeFile(path, content)
  return path
}

async function usageErrorOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((thrown: unknown) => thrown)
  if (error instanceof UsageError) return error.message
  throw new Error('it was no wrong usage')
}

describe('the body of a call', () => {
  it('is the text that was given', async () => {
    expect(await bodyOf('{"q":"@-"}\n', nothing)).toBe('{"q":"@-"}\n')
    expect(await bodyOf('', nothing)).toBe('')
  })

  it('is what a file holds, or what comes in, without what curl takes out', async () => {
    const path = await fileOf('a=1&\r\nb=\0你好\n')
    expect(await bodyOf(`@${path}`, nothing)).toBe('a=1&b=你好')
    expect(await bodyOf('@-', Readable.from(['x\n', 'y\r\n']))).toBe('xy')
  })

  it('is what comes in, as it is, also where a character is cut in two', async () => {
    const bytes = Buffer.from('你好\n')
    expect(await bodyOf('-', Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]))).toBe('你好\n')
  })

  it('is sent when a file holds it', async () => {
    const path = await fileOf('{\n  "q": "你好",\n  "from": "zh",\n  "to": "en"\n}\n')
    const { code, stdout } = await evergrant(['call', '--sandbox', TRANSLATION, '-d', `@${path}`])
    expect([code, stdout]).toEqual([0, expect.stringContaining('Hello')])
  })

  it('is wrong usage when it cannot be read, is no text, or is too long', async () => {
    const missing = join(folder, 'missing')
    const { code, stderr } = await evergrant(['call', '--sandbox', TRANSLATION, '-d', `@${missing}`])
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${missing} cannot be read (ENOENT)`)])
    expect(await usageErrorOf(bodyOf(`@${folder}`, nothing))).toContain('(EISDIR)')
    expect(await usageErrorOf(bodyOf('@', nothing))).toContain('cannot be read')
    const path = await fileOf(Uint8Array.of(0xff, 0xd8, 0xff))
    expect(await usageErrorOf(bodyOf(`@${path}`, nothing))).toContain('is no text in UTF-8')
    const mebibyte = Buffer.alloc(1_048_576, 'x')
    const seventeen = Readable.from(Array.from({ length: 17 }, () => mebibyte))
    expect(await usageErrorOf(bodyOf('@-', seventeen))).toContain('standard input has more than 16 MiB')
  })
})
