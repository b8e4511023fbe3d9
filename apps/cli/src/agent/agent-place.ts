import { randomBytes } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readPrivateFile, writeNewFile } from '../bundle/private-file.ts'
import { stateDirectory } from '../store-place.ts'
import type { Terminal } from '../terminal.ts'

const KEY_BYTES = 32

/** Where programs of this user find the agent, unless somebody says otherwise: by the XDG Base Directory Specification. */
export function socketPlace({ env }: Terminal): string {
  const folder = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'evergrant') : stateDirectory(env)
  return join(folder, 'agent.sock')
}

/** The file with the key of the agent's port, unless another is named. */
export function keyPlace({ env }: Terminal): string {
  return join(stateDirectory(env), 'agent.key')
}

/** The key in a file that only its owner can read; made when there is no such file. */
export async function agentKey(path: string): Promise<string> {
  if (await isThere(path)) return readPrivateFile(path)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeNewFile(path, randomBytes(KEY_BYTES).toString('base64url'))
  return readPrivateFile(path)
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
