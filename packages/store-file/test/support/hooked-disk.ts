import { constants } from 'node:fs'
import type { Disk } from '../../src/disk.ts'

export type Call = keyof Disk

/** A disk that asks before every call, and may be kept waiting, told to fail, or never be let go on. */
export function hookedDisk(
  inner: Disk,
  around: (call: Call, run: () => Promise<unknown>, args: readonly unknown[]) => Promise<unknown>,
): Disk {
  const hooked = <Name extends Call>(name: Name): Disk[Name] => {
    const call = inner[name] as (...args: unknown[]) => Promise<unknown>
    return ((...args: unknown[]) => around(name, () => call(...args), args)) as Disk[Name]
  }
  return {
    open: hooked('open'),
    read: hooked('read'),
    write: hooked('write'),
    sync: hooked('sync'),
    close: hooked('close'),
    list: hooked('list'),
    status: hooked('status'),
    touch: hooked('touch'),
    rename: hooked('rename'),
    unlink: hooked('unlink'),
    makeFolder: hooked('makeFolder'),
    makeFolders: hooked('makeFolders'),
    removeFolder: hooked('removeFolder'),
    real: hooked('real'),
  }
}

const CHANGING: readonly Call[] = [
  'write',
  'sync',
  'touch',
  'rename',
  'unlink',
  'makeFolder',
  'makeFolders',
  'removeFolder',
]

/** Whether a call changes anything that another process could see, or saves it. */
export function isChange(call: Call, args: readonly unknown[]): boolean {
  return CHANGING.includes(call) || (call === 'open' && (Number(args[1]) & constants.O_CREAT) !== 0)
}

/** An error as the operating system gives it. */
export function errno(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: planted by a test`), { code })
}
