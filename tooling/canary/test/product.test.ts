import { fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vaultTransit } from '@evergrant/kms'
import { baiduSandbox, SANDBOX_APP } from '@evergrant/testkit'
import { VAULT, vaultServer } from '@evergrant/tooling-key-services'
import { freePort, startServer } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { Outlets } from '../src/canary.ts'
import type { ScenarioOptions } from '../src/scenario.ts'

const SCENARIO = fileURLToPath(new URL('../src/scenario.ts', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))
const execArgv = ['--conditions=evergrant-source']

function planted(length: number): string {
  return randomBytes(length).toString('base64url').replace(/[-_]/g, 'x').slice(0, length)
}

/** Runs the scenario to its end; resolves to the tokens that were in it, and its exit code. */
async function play(
  options: ScenarioOptions,
  outlets: Outlets,
): Promise<{ tokens: string[]; code: number | null }> {
  const child = fork(SCENARIO, [JSON.stringify(options)], {
    execArgv,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let tokens: string[] = []
  child.stdout?.on('data', chunk => outlets.add('standard output', chunk))
  child.stderr?.on('data', chunk => outlets.add('crash', chunk))
  child.on('message', message => {
    tokens = message as string[]
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { tokens, code }
}

async function evergrant(
  args: readonly string[],
  env: Record<string, string>,
  outlets: Outlets,
  input = '',
): Promise<number | null> {
  const child = spawn(process.execPath, [...execArgv, COMMAND, ...args], {
    env: { PATH: process.env.PATH, ...env },
  })
  child.stdin.end(input)
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => outlets.add(`evergrant ${args[0]}`, chunk))
  return new Promise(resolve => child.once('close', resolve))
}

async function addFiles(outlet: string, folder: string, outlets: Outlets): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    outlets.add(outlet, entry.name)
    if (entry.isFile()) outlets.add(outlet, await readFile(join(entry.parentPath, entry.name)))
  }
}

describe('no secret and no token', () => {
  it('comes out of the product anywhere, in any form', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-canary-'))
    const app = { ...SANDBOX_APP, apiKey: planted(24), secretKey: planted(32) }
    const sandbox = await baiduSandbox({ apps: [app] })
    const server = await startServer()
    const outlets = new Outlets()
    const watcher = new Redis(server.url)
    const monitor = await watcher.monitor()
    monitor.on('monitor', (_: string, args: string[]) => outlets.add('commands to Redis', args.join(' ')))
    const listener = new Redis(server.url)
    await listener.psubscribe('*')
    listener.on('pmessage', (...told: string[]) => outlets.add('messages over Redis', told.join(' ')))
    const sealKey = randomBytes(32).toString('base64')
    const places = { directory: join(folder, 'store'), auditDirectory: join(folder, 'audit') }
    const goneUrl = `http://127.0.0.1:${await freePort()}`
    const { apiKey, secretKey } = app
    const vault = await vaultServer()
    const keyService = { url: vault.url, token: VAULT.token, key: VAULT.key, allowInsecureLoopback: true }
    const ciphertext = (await vaultTransit(keyService).wrap?.(Buffer.from(secretKey), {})) ?? ''
    const urls = { url: sandbox.url, goneUrl, redisUrl: server.url, vaultUrl: vault.url }
    const keys = { apiKey, secretKey, sealKey, vaultToken: VAULT.token, ciphertext }
    const options = { ...keys, ...urls, ...places }
    const { tokens, code } = await play(options, outlets)
    expect([code, new Set(tokens).size]).toEqual([1, 4])

    const redis = new Redis(server.url)
    for (const key of await redis.keys('*')) {
      outlets.add('dump of Redis', key)
      outlets.add('dump of Redis', (await redis.dumpBuffer(key)) ?? '')
    }
    await addFiles('files of the store', places.directory, outlets)
    await addFiles('audit log', places.auditDirectory, outlets)
    const env = {
      HOME: folder,
      BAIDU_API_KEY: apiKey,
      BAIDU_SECRET_KEY: secretKey,
      EVERGRANT_AUDIT: places.auditDirectory,
      EVERGRANT_KEYRING: join(folder, 'ring'),
      VAULT_TOKEN: VAULT.token,
    }
    const where = `vault url=${vault.url} key=${VAULT.key}`
    expect(await evergrant(['keygen', env.EVERGRANT_KEYRING, '--service', where], env, outlets)).toBe(0)
    expect(await evergrant(['wrap'], env, outlets, secretKey)).toBe(0)
    expect(
      await evergrant(['doctor', '--source', fileURLToPath(new URL('..', import.meta.url))], env, outlets),
    ).toBe(0)
    expect(await evergrant(['audit', 'report'], env, outlets)).toBe(0)
    expect(
      await evergrant(['token', '--endpoint', `${goneUrl.replace('http', 'https')}/`], env, outlets),
    ).not.toBe(0)

    const secrets = Object.fromEntries(tokens.map((token, i) => [`token ${i}`, token]))
    expect(outlets.search({ ...secrets, secretKey, sealKey, vaultToken: VAULT.token })).toEqual({})
    // Nothing was found because nothing is there, not because nothing was searched.
    expect(Object.values(outlets.sizes).every(size => size > 8)).toBe(true)
    expect(Object.keys(outlets.sizes).sort()).toEqual([
      'audit log',
      'commands to Redis',
      'crash',
      'dump of Redis',
      'evergrant audit',
      'evergrant doctor',
      'evergrant keygen',
      'evergrant token',
      'evergrant wrap',
      'files of the store',
      'messages over Redis',
      'standard output',
    ])

    for (const each of [redis, listener, watcher, monitor]) each.disconnect()
    await server.close()
    await vault.close()
    await sandbox.close()
    await rm(folder, { recursive: true })
  })
})
