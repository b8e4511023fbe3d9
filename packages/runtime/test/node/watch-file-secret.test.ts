import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchFileSecret } from '../../src/node/index.ts'

describe('a watched secret file', () => {
  let folder: string
  let stop: (() => void) | undefined
  let changes = 0
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-watch-'))
    changes = 0
  })
  afterEach(async () => {
    stop?.()
    await rm(folder, { recursive: true })
  })
  const watch = (path: string) => {
    stop = watchFileSecret(
      path,
      () => {
        changes += 1
        throw new Error('a listener that fails')
      },
      { pollMs: 10 },
    )
  }
  /** Time for a few looks, after which nothing must have been told. */
  const looks = () => new Promise(resolve => setTimeout(resolve, 100))

  it('tells of every other text once, and of nothing else', async () => {
    const path = join(folder, 'secret')
    await writeFile(path, 'first')
    watch(path)
    await writeFile(path, 'second')
    await expect.poll(() => changes).toBe(1)
    await writeFile(path, 'second\n')
    await rm(path)
    await looks()
    await writeFile(path, 'second')
    await looks()
    expect(changes).toBe(1)
    await writeFile(path, 'third')
    await expect.poll(() => changes).toBe(2)
    stop?.()
    await writeFile(path, 'fourth')
    await looks()
    expect(changes).toBe(2)
  })

  it('follows links that are replaced, as mounts do it', async () => {
    for (const text of ['one', 'two']) {
      await mkdir(join(folder, text))
      await writeFile(join(folder, text, 'secret'), text)
    }
    await symlink(join(folder, 'one'), join(folder, '..data'))
    await symlink(join('..data', 'secret'), join(folder, 'secret'))
    watch(join(folder, 'secret'))
    await symlink(join(folder, 'two'), join(folder, '..new'))
    await rename(join(folder, '..new'), join(folder, '..data'))
    await expect.poll(() => changes).toBe(1)
  })

  it('is looked at neither all the time nor never', () => {
    expect(() => watchFileSecret('x', () => undefined, { pollMs: 0 })).toThrow('pollMs is 0')
  })
})
