import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileSecret } from '../../src/node/index.ts'
import { failureOf } from '../support/rig.ts'

describe('a secret in a file', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is read each time, without the line break at its end', async () => {
    const path = join(folder, 'secret')
    const secret = fileSecret(path)
    await writeFile(path, 'first\n')
    expect(await secret.read()).toBe('first')
    await writeFile(path, 'second')
    expect(await secret.read()).toBe('second')
    expect(`${secret}`).toBe('‹redacted›')
  })

  it.each([
    ['missing', undefined, 'ENOENT'],
    ['empty', ' \n', 'is empty'],
    ['huge', 'x'.repeat(70_000), 'too large'],
  ])('that is %s is unavailable, and the error says why', async (_, text, words) => {
    const path = join(folder, 'secret')
    if (text !== undefined) await writeFile(path, text)
    expect(await failureOf(Promise.resolve(fileSecret(path).read()))).toMatchObject({
      kind: 'configure',
      code: 'secret_unavailable',
      message: expect.stringContaining(words),
    })
  })
})
