import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { readPrivateFile, writeNewFile } from '../bundle/private-file.ts'
import { UsageError } from '../failure-report.ts'
import { stateDirectory } from '../store-place.ts'
import type { Terminal } from '../terminal.ts'
import { makeFolders } from './make-folders.ts'

const KEY_BYTES = 32
/** What can stand in a header as a bearer token (RFC 6750 §2.1), and is not guessed. */
const KEY = /^[\w.~+/-]{32,1024}=*$/

/** Where programs of this user find the agent, unless somebody says otherwise: by the XDG Base Directory Specification. */
export function socketPlace({ env }: Terminal): string {
  const { XDG_RUNTIME_DIR: runtime } = env
  return join(runtime ? join(runtime, 'evergrant') : stateFolder(env, '--socket'), 'agent.sock')
}

/** The file with a key of the agent's port, unless another is named. */
export function keyPlace(name: 'agent.key' | 'agent-view.key', option: string, { env }: Terminal): string {
  return join(stateFolder(env, option), name)
}

function stateFolder(env: Terminal['env'], option: string): string {
  if (!env.XDG_STATE_HOME && !env.HOME) {
    throw new UsageError(`there is no home directory for the files of the agent; name a place with ${option}`)
  }
  return stateDirectory(env)
}

/** The key in a file that only its owner can read; made when there is no such file. */
export async function agentKey(path: string): Promise<string> {
  if (!(await isThere(path))) {
    await makeFolders(dirname(resolve(path))).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${path} cannot be written (${error.code ?? 'unknown'})`)
    })
    await writeNewFile(path, randomBytes(KEY_BYTES).toString('base64url'))
  }
  const key = await readPrivateFile(path)
  if (KEY.test(key)) return key
  throw new UsageError(`${path} holds no key of 32 to 1,024 characters; remove it, and one is made`)
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    error => error.code !== 'ENOENT',
  )
}
