import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchFileSecret } from '../../src/node/index.ts'

/** How often a condition is looked at, and for how long. */
const SOON = { interval: 5, timeout: 10_000 }

describe('a watched secret file', () => {
  let folder: string
  const ends: (() => void)[] = []
  let changes = 0
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-watch-'))
    changes = 0
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) end()
    await rm(folder, { recursive: true })
  })
  const watch = (path: string) => {
    const end = watchFileSecret(
      path,
      () => {
        changes += 1
        throw new Error('a listener that fails')
      },
      { pollMs: 10 },
    )
    ends.push(end)
    return end
  }
  /** Resolves when another file, watched in the same way, has been seen to change three times since. */
  const looks = async () => {
    const path = join(folder, 'another')
    await writeFile(path, 'x')
    let seen = 0
    const end = watchFileSecret(path, () => seen++, { pollMs: 10 })
    ends.push(end)
    for (let i = 1; i <= 3; i++) {
      await writeFile(path, `change ${i}`)
      await expect.poll(() => seen, SOON).toBe(i)
    }
    end()
  }

  it('tells of every other text once, and of nothing else', async () => {
    const path = join(folder, 'secret')
    await writeFile(path, 'first')
    const stop = watch(path)
    await writeFile(path, 'second')
    await expect.poll(() => changes, SOON).toBe(1)
    await writeFile(path, 'second\n')
    await looks()
    await rm(path)
    await looks()
    await writeFile(path, 'second')
    await looks()
    expect(changes).toBe(1)
    await writeFile(path, 'third')
    await expect.poll(() => changes, SOON).toBe(2)
    stop()
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
    await expect.poll(() => changes, SOON).toBe(1)
  })

  it('is looked at neither all the time nor never', () => {
    expect(() => watchFileSecret('x', () => undefined, { pollMs: 0 })).toThrow('pollMs is 0')
  })
})
