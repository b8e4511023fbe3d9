import { execFile } from 'node:child_process'
import { chmod, chown, lstat, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fileStore } from '../src/index.ts'
import { found, put } from './support/open-store.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:directory'

/** Prints why a store refuses its directory. */
const MAKING = `
  const { fileStore } = await import('@evergrant/store-file')
  const reading = fileStore({ directory: process.argv[1] }).read('a key')
  process.stdout.write(await reading.then(String, ({ kind, message }) => kind + ': ' + message))
`

async function modeOf(path: string): Promise<string> {
  return ((await lstat(path)).mode & 0o7777).toString(8)
}

describe('the directory', () => {
  it('is made for its owner alone, and so is everything in it', async () => {
    const directory = join(await temporaryDirectory(), 'a', 'b')
    const store = fileStore({ directory })
    await put(store, KEY, 'one')
    await put(store, KEY, 'two')
    await store.close?.()
    const modes = new Set<string>([await modeOf(dirname(directory)), await modeOf(directory)])
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const mode = await modeOf(join(entry.parentPath, entry.name))
      modes.add(entry.isDirectory() ? mode : `file ${mode}`)
    }
    expect(modes).toEqual(new Set(['700', 'file 600']))
  })

  it('tells nobody who lists it which keys there are', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore({ directory })
    await put(store, 'a key that names a client', 'a value')
    const names = await readdir(directory, { recursive: true })
    expect(names.join()).not.toContain('client')
  })

  it.each([0o755, 0o750, 0o740, 0o701, 0o720, 0o707])(
    'is refused with mode %o, saying what to do',
    async mode => {
      const directory = await temporaryDirectory()
      await mkdir(directory)
      await chmod(directory, mode)
      const store = fileStore({ directory })
      const reading = store.read(KEY)
      await expect(reading).rejects.toMatchObject({ kind: 'configure', code: 'invalid_option' })
      await expect(reading).rejects.toThrow(`chmod 700 ${directory}`)
      await expect(store.write(KEY, { value: 'x', expected: undefined })).rejects.toThrow('chmod 700')
      await expect(store.subscribe?.(KEY, () => undefined)).rejects.toThrow('chmod 700')
      expect(await readdir(directory)).toEqual([])

      // Once it was done as told, the same store works.
      await chmod(directory, 0o700)
      await put(store, KEY, 'x')
    },
  )

  it('is refused when it belongs to somebody else', async ({ annotate }) => {
    if (process.getuid?.() !== 0)
      return void (await annotate('only root can give a directory away', 'skipped'))
    const directory = await temporaryDirectory()
    await mkdir(directory, { mode: 0o700 })
    await chown(directory, 65_534, 65_534)
    await expect(fileStore({ directory }).read(KEY)).rejects.toThrow('belongs to user 65534')
  })

  it('is refused when it is a link to one that is open to others, and used when that one is closed', async () => {
    const directory = await temporaryDirectory()
    const target = join(dirname(directory), 'target')
    await mkdir(target, { mode: 0o755 })
    await symlink(target, directory)
    const store = fileStore({ directory })
    await expect(store.read(KEY)).rejects.toThrow(`chmod 700 ${target}`)
    await chmod(target, 0o700)
    await put(store, KEY, 'x')

    // What the link says later is of no interest to a store that is open.
    await rm(directory)
    await symlink(dirname(directory), directory)
    expect((await found(store, KEY)).value).toBe('x')
  })

  it('is refused when it is a file', async () => {
    const directory = await temporaryDirectory()
    await writeFile(directory, '')
    await expect(fileStore({ directory }).read(KEY)).rejects.toMatchObject({ code: 'store_unreachable' })
    await rm(directory)
  })

  it('is refused where no folder can be made, instead of being tried for ever', async ({ annotate }) => {
    if (process.platform !== 'linux') return void (await annotate('only Linux has such a place', 'skipped'))
    // In a process of its own: what never ends could not be ended here.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=evergrant-source', '--input-type=module', '--eval', MAKING, '/proc/x/y'],
      { cwd: import.meta.dirname, timeout: 10_000, killSignal: 'SIGKILL' },
    )
    expect(stdout).toBe(
      "configure: The file store's directory /proc/x/y cannot be made: there is no place for it (ENOENT). Choose another directory.",
    )
  })

  it('may be made by several at once', async () => {
    const directory = join(await temporaryDirectory(), 'a', 'b', 'c')
    const stores = Array.from({ length: 8 }, () => fileStore({ directory }))
    await Promise.all(stores.map((store, i) => put(store, `${KEY}:${i}`, 'x')))
    expect(await modeOf(directory)).toBe('700')
  })

  it.each(['', 'with\0zero'])('must have a path: %j is none', directory => {
    expect(() => fileStore({ directory })).toThrow(/directory is not the path/)
  })

  it('is the same for all who name it in different ways', async () => {
    const directory = await temporaryDirectory()
    await put(fileStore({ directory }), KEY, 'x')
    const detour = `${directory}/../${directory.split('/').at(-1)}/`
    expect((await found(fileStore({ directory: detour }), KEY)).value).toBe('x')
  })

  it('is made anew when it has vanished', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore({ directory })
    await put(store, KEY, 'lost')
    await rm(directory, { recursive: true })
    expect(await store.read(KEY)).toBeUndefined()
    await put(store, KEY, 'found')
    expect((await found(store, KEY)).value).toBe('found')
    expect(await modeOf(directory)).toBe('700')
  })
})

describe('a full device', () => {
  it('loses nothing, and is written to again when there is room', async ({ annotate }) => {
    const directory = await temporaryDirectory()
    await mkdir(directory, { mode: 0o700 })
    const mounted = await mount(directory)
    if (mounted !== undefined) return void (await annotate(`no small device here: ${mounted}`, 'skipped'))
    try {
      await chmod(directory, 0o700)
      const store = fileStore({ directory })
      const version = await put(store, KEY, 'old')
      await put(store, 'ballast', 'x'.repeat(150_000))
      const failing = store.write(KEY, { value: 'y'.repeat(200_000), expected: version })
      await expect(failing).rejects.toMatchObject({ kind: 'retry', code: 'store_unreachable' })
      await expect(failing).rejects.toThrow('no space is left on the device (ENOSPC)')
      expect(await found(store, KEY)).toMatchObject({ value: 'old', version })
      await put(store, 'ballast', undefined)
      await put(store, KEY, 'y'.repeat(200_000))
      await store.close?.()
    } finally {
      await promisify(execFile)('umount', [directory])
    }
  })

  /** Puts a device of 256 KiB in the place of a directory; the reason when that cannot be done. */
  async function mount(directory: string): Promise<string | undefined> {
    const args = ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory]
    return promisify(execFile)('mount', args).then(
      () => undefined,
      (error: Error) => error.message,
    )
  }
})
