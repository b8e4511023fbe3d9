import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { vi } from 'vitest'

const exec = promisify(execFile)
const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool']
/** Runs a program with a text on its standard input, for as long as its own standard input is open: as we live. */
const LEASH = 'text=$1; shift; printf %s "$text" | "$@" & cat > /dev/null; kill -9 $!; wait'
const INSTALL_MS_MAX = 300_000

/** A Secret Service on a session bus of its own, that nobody has to be asked for. */
export interface SecretService {
  /** Of its bus: what a process needs in `DBUS_SESSION_BUS_ADDRESS` to find it. */
  readonly address: string
  /** Runs a program that finds it, with this on its standard input, and resolves to what it prints. */
  run(program: string, args: readonly string[], input?: string): Promise<string>
  lock(): Promise<void>
  close(): Promise<void>
}

/**
 * Why no Secret Service can be started here; `undefined` when one can. As root on Debian, what is missing is installed
 * first: several test runs may find that at once, and one of them does it.
 */
export async function whyNoSecretService(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'there is none but on Linux'
  if (missing() === undefined) return undefined
  if (process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get')) {
    const script =
      'command -v secret-tool || (apt-get update -q && apt-get install -qy --no-install-recommends dbus gnome-keyring libsecret-tools)'
    const lock = join(tmpdir(), 'evergrant-keychain-install.lock')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await exec('flock', [lock, 'sh', '-c', script], {
      env,
      timeout: INSTALL_MS_MAX,
      maxBuffer: 2 ** 24,
    }).catch(() => undefined)
  }
  const program = missing()
  return program && `${program} is not installed (Debian: dbus, gnome-keyring, libsecret-tools)`
}

function missing(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return PROGRAMS.find(program => !folders.some(folder => isExecutable(join(folder, program))))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Starts a bus and a keyring on it, which is unlocked, and has nobody to ask. */
export async function secretService(): Promise<SecretService> {
  const home = await mkdtemp(join(tmpdir(), 'evergrant-keychain-'))
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...rest } = process.env
  const base = { ...rest, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: join(home, 'data') }
  const bus = start(['dbus-daemon', '--session', '--nofork', '--print-address=1'], base)
  const address = await firstLine(bus)
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: address }
  const keyring = start(
    ['gnome-keyring-daemon', '--foreground', '--unlock', '--components=secrets'],
    env,
    'password',
  )
  async function run(command: string, args: readonly string[], input = ''): Promise<string> {
    const running = exec(command, [...args], { env })
    if (input === '') running.child.stdin?.end()
    else running.child.stdin?.end(input)
    return (await running).stdout
  }
  await vi.waitUntil(async () => (await run('dbus-send', HAS_OWNER)).includes('true'), { timeout: 30_000 })
  return {
    address,
    run,
    async lock() {
      await run('dbus-send', LOCK)
    },
    async close() {
      for (const daemon of [keyring, bus]) await stop(daemon)
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Asks the bus whether somebody answers to the name of the Secret Service. */
const HAS_OWNER = [
  '--session',
  '--print-reply',
  '--dest=org.freedesktop.DBus',
  '/org/freedesktop/DBus',
  'org.freedesktop.DBus.NameHasOwner',
  'string:org.freedesktop.secrets',
]

const LOCK = [
  '--session',
  '--print-reply',
  '--dest=org.freedesktop.secrets',
  '/org/freedesktop/secrets',
  'org.freedesktop.Secret.Service.Lock',
  'array:objpath:/org/freedesktop/secrets/collection/login',
]

function start(command: readonly string[], env: NodeJS.ProcessEnv, input = ''): ChildProcess {
  return spawn('sh', ['-c', LEASH, 'sh', input, ...command], { env, stdio: ['pipe', 'pipe', 'ignore'] })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('it has no output')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return String(line)
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.stdin?.end()
  await gone
}
