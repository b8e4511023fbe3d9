import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** A server program: where it is, and the name under which it has to be started. */
export interface ServerProgram {
  readonly path: string
  readonly argv0: 'redis-server' | 'valkey-server'
}

/**
 * Debian keeps the server in its package of tools, as `redis-check-rdb`, and the package `redis-server` adds a
 * link to it and a system service. The program looks at the name it was started under.
 */
const NAMES: readonly (readonly [file: string, argv0: ServerProgram['argv0']])[] = [
  ['redis-server', 'redis-server'],
  ['valkey-server', 'valkey-server'],
  ['redis-check-rdb', 'redis-server'],
  ['valkey-check-rdb', 'valkey-server'],
]

const MISSING =
  'No Redis server was found: install redis-server (or valkey-server) so that it is on the PATH.'

let found: Promise<ServerProgram> | undefined

/**
 * The server program that tests use: what `EVERGRANT_REDIS_SERVER` names, else what is on the PATH, else, as
 * root on Debian, what a package brings along that installs no service. Rejects with one line that says what
 * to install.
 */
export function serverProgram(): Promise<ServerProgram> {
  found ??= find()
  return found
}

async function find(): Promise<ServerProgram> {
  const named = process.env.EVERGRANT_REDIS_SERVER
  if (named !== undefined && named !== '') {
    return { path: named, argv0: named.includes('valkey') ? 'valkey-server' : 'redis-server' }
  }
  const present = onPath()
  if (present !== undefined) return present
  await install()
  const installed = onPath()
  if (installed === undefined) throw new Error(MISSING)
  return installed
}

function onPath(): ServerProgram | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  for (const [file, argv0] of NAMES) {
    for (const folder of folders) {
      const path = join(folder, file)
      if (isExecutable(path)) return { path, argv0 }
    }
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const INSTALL_MS_MAX = 300_000

/** Several test runs may find at once that there is no server: one of them installs it, the others wait. */
async function install(): Promise<void> {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) throw new Error(MISSING)
  const script =
    'command -v redis-check-rdb || (apt-get update -q && apt-get install -qy --no-install-recommends redis-tools)'
  const lock = join(tmpdir(), 'evergrant-redis-install.lock')
  try {
    await exec('flock', [lock, 'sh', '-c', script], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: INSTALL_MS_MAX,
      maxBuffer: 16 * 1024 * 1024,
    })
  } catch (error) {
    throw new Error(MISSING, { cause: error })
  }
}
