import { constants } from 'node:fs'
import { open, rename, unlink } from 'node:fs/promises'
import { EvergrantError, fail } from '@evergrant/core'
import { type Keyring, type KeyringKey, keyring } from '@evergrant/store-layers'
import type { Terminal } from '../terminal.ts'
import { serviceKeyOf } from './key-service-entry.ts'
import { unusable } from './unusable.ts'

/**
 * A keyring in a file: one key a line, the current one first: `<id>:<base64 of 32 bytes>`, or `<id>:vault …` and
 * `<id>:aws-kms …` for one that stays at a service. Empty lines and lines that begin with `#` are passed over. Only its
 * owner may read it (mode 0600).
 */
export interface KeyringFile {
  readonly ring: Keyring
  /** Its keys, the current one first. */
  readonly keys: readonly KeyringKey[]
  /** The ids, the current one first. */
  readonly ids: readonly string[]
  readonly text: string
}

const FILE_CHARS_MAX = 65_536
const LINE = /^([A-Za-z0-9_-]{1,64}):([A-Za-z0-9+/_-]{43}=?)$/
/** What nobody but the owner may do: read, write or execute. */
const OTHERS = 0o077

/** Rejects with kind `configure` when the file is missing, open to others, or no keyring. No key is in a message. `env` has what services want. */
export async function readKeyringFile(path: string, env: Terminal['env']): Promise<KeyringFile> {
  const text = await privateText(path)
  const keys = text
    .split('\n')
    .flatMap((line, i) => keyOf(line.trim(), `Line ${i + 1} of the keyring ${path}`, env))
  const [current, ...older] = keys
  if (current === undefined)
    throw unusable(`The keyring ${path} has no key; make one with "evergrant keygen".`)
  return { ring: keyring({ current, older }), keys, ids: keys.map(({ id }) => id), text }
}

/** The key of a line; none for a comment. Throws as {@link readKeyringFile} rejects. */
function keyOf(entry: string, where: string, env: Terminal['env']): KeyringKey[] {
  if (entry === '' || entry.startsWith('#')) return []
  const [, id, key] = LINE.exec(entry) ?? []
  if (id !== undefined && key !== undefined) return [{ id, key }]
  const served = serviceKeyOf(entry, where, env)
  if (served !== undefined) return [served]
  throw unusable(`${where} is neither "<id>:<base64 of 32 bytes>" nor "<id>:vault …" or "<id>:aws-kms …".`)
}

/** Writes a keyring as a whole, or not at all. A new file never takes the place of one that appeared meanwhile. */
export async function writeKeyringFile(path: string, text: string, isNew: boolean): Promise<void> {
  const draft = isNew ? path : `${path}.new`
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
  const file = await open(draft, flags, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw unusable(`The keyring cannot be written to ${draft} (${error.code ?? 'unknown'}).`)
  })
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  } finally {
    await file.close()
  }
  if (!isNew) await rename(draft, path)
}

async function privateText(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    const message = `The keyring ${path} cannot be read (${error.code ?? 'unknown'}).`
    const advice = {
      en: 'Check path and permissions of the file, or make a keyring with "evergrant keygen".',
      zh: '请检查该文件的路径与权限，或用 "evergrant keygen" 生成密钥环。',
    }
    throw new EvergrantError(fail('secret_unavailable', { message, advice }))
  })
  try {
    // Asked of the open file: what its path leads to may be another by then.
    const { mode, uid, size } = await file.stat()
    const self = process.getuid?.()
    if (self !== undefined && (mode & OTHERS) !== 0) {
      throw unusable(`The keyring ${path} is open to others; close it with "chmod 600", and change its keys.`)
    }
    if (self !== undefined && uid !== self && uid !== 0) {
      throw unusable(`The keyring ${path} belongs to another user.`)
    }
    if (size > FILE_CHARS_MAX) throw unusable(`The keyring ${path} is too large.`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
