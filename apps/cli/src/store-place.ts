import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '@evergrant/core'
import { fileStore } from '@evergrant/store-file'
import { sealed } from '@evergrant/store-layers'
import { memoryStore } from '@evergrant/store-memory'
import { UsageError } from './failure-report.ts'
import { readKeyringFile } from './keyring/keyring-file.ts'
import type { Terminal } from './terminal.ts'

/** Where grants are kept, sealed if there is a keyring, as `--keyring` or `EVERGRANT_KEYRING` says. */
export async function storeFor(
  { store: place, keyring: file }: { readonly store?: string; readonly keyring?: string },
  terminal: Terminal,
): Promise<Store> {
  const keyringFile = file ?? terminal.env.EVERGRANT_KEYRING
  if (!keyringFile) return storeAt(place, terminal)
  const { ring } = await readKeyringFile(keyringFile, terminal.env)
  return sealed(await storeAt(place, terminal), ring)
}

/**
 * Where grants are kept, as `--store` or `EVERGRANT_STORE` says: a directory, a `redis:` or `rediss:` URL, or
 * `memory`. The directory of this user by default, so that the next run finds what this one has obtained.
 */
export async function storeAt(place: string | undefined, terminal: Terminal): Promise<Store> {
  const wanted = placeOf(place, terminal)
  if (wanted === 'memory') return memoryStore()
  if (/^rediss?:\/\//.test(wanted)) {
    const { redisStore } = await import('@evergrant/store-redis')
    return redisStore({ url: wanted })
  }
  if (/^[a-z]+:\/\//.test(wanted)) {
    throw new UsageError('a store is a directory, a redis: or rediss: URL, or "memory"')
  }
  return fileStore({ directory: wanted })
}

/** Throws where the store is to be in a directory that does not exist: a store that is made now holds nothing. */
export async function requireStore(place: string | undefined, terminal: Terminal): Promise<void> {
  const wanted = placeOf(place, terminal)
  if (wanted === 'memory' || /^[a-z]+:\/\//.test(wanted)) return
  const code = await stat(wanted).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  )
  if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`there is no store at ${wanted}`)
}

function placeOf(place: string | undefined, { env }: Terminal): string {
  return place ?? (env.EVERGRANT_STORE || stateDirectory(env))
}

/** By the XDG Base Directory Specification: tokens are state, and nobody needs a backup of them. */
export function stateDirectory({ XDG_STATE_HOME, HOME }: Terminal['env']): string {
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, 'evergrant')
  if (HOME) return join(HOME, '.local', 'state', 'evergrant')
  throw new UsageError('there is no home directory to keep tokens in; name a place with --store')
}
