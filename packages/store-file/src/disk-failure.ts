import { EvergrantError, fail } from '@evergrant/core'
import { errnoOf } from './disk.ts'

/** What a person can do about an errno. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'this user may not do that; check who owns the directory, and its permissions',
  EPERM: 'this user may not do that; check who owns the directory, and its permissions',
  EROFS: 'the file system is mounted read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: "the user's disk quota is used up",
  EMFILE: 'this process has too many open files',
  ENFILE: 'the host has too many open files',
  EIO: 'the device has failed',
  ELOOP: 'there is a symbolic link where a file of the store should be; remove it',
  ENOTDIR: 'there is a file where a folder of the store should be; remove it',
  EISDIR: 'there is a folder where a file of the store should be; remove it',
}

/** Failures that stay until a person changes something. */
const LASTING = ['EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENOTDIR', 'EISDIR']

/**
 * What the disk refused, as an error that says what to do: of code `store_unreachable`, and of kind `configure`
 * where trying again cannot help. Anything else that was thrown is passed on as it is.
 */
export function diskFailure(error: unknown, directory: string): unknown {
  const errno = errnoOf(error)
  if (errno === '' || EvergrantError.is(error)) return error
  const remedy = REMEDIES[errno] ?? 'the disk has refused'
  const message = `The file store in ${directory} has failed: ${remedy} (${errno}).`
  const kind = LASTING.includes(errno) ? 'configure' : 'retry'
  const failure = new EvergrantError(fail('store_unreachable', { kind, message }))
  failure.cause = error
  return failure
}
