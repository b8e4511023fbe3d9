import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { verifyAudit } from '@evergrant/audit'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant } from './support/command-line.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

let sandbox: BaiduSandbox
let home: string
let running: ChildProcess[]

beforeEach(async () => {
  sandbox = await baiduSandbox()
  home = await mkdtemp(join(tmpdir(), 'evergrant-agent-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map(child => stopped(child, 'SIGKILL')))
  await sandbox.close()
  await rm(home, { recursive: true })
})

interface RunningAgent {
  readonly child: ChildProcess
  readonly socketPath: string
  /** What it says of itself, by name. */
  readonly facts: Readonly<Record<string, string>>
  output(): string
}

/** An agent over the sandbox, once it is ready. */
function agent(...more: string[]): Promise<RunningAgent> {
  return agentOver(['--sandbox-url', sandbox.url], ...more)
}

async function agentOver(where: readonly string[], ...more: string[]): Promise<RunningAgent> {
  const args = ['agent', ...where, ...more]
  const env = { PATH: process.env.PATH ?? '', HOME: home, EVERGRANT_AUDIT: join(home, 'audit') }
  const child = spawn(process.execPath, ['--conditions=evergrant-source', MAIN, ...args], { env })
  running.push(child)
  let text = ''
  child.stderr.on('data', chunk => {
    text += chunk
  })
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`the agent has ended: ${text}`)))
    child.stdout.on('data', chunk => {
      text += chunk
      if (/a token was won.*\n/.test(text)) resolve()
    })
  })
  const facts = Object.fromEntries(
    [...text.matchAll(/^(\S[^\n]*?) {2,}(\S.*)$/gm)].map(([, name, fact]) => [name, fact]),
  )
  return { child, socketPath: facts.socket ?? '', facts, output: () => text }
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'close')
  child.kill(signal)
  const [code] = (await ended) as [number | null]
  return code
}

function ask(
  path: string,
  where: { readonly socketPath: string } | { readonly url: string; readonly key: string },
): Promise<string> {
  const target =
    'url' in where
      ? {
          host: '127.0.0.1',
          port: new URL(where.url).port,
          headers: { authorization: `Bearer ${where.key}` },
        }
      : where
  return new Promise((resolve, reject) => {
    request({ path, agent: false, ...target }, async response => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
      .on('error', reject)
      .end()
  })
}

describe('evergrant agent', () => {
  it('hands the token of this user to programs of this user, and has it before they ask', async () => {
    const { socketPath } = await agent()
    expect(sandbox.counts.tokenRequests).toBe(1)
    const { access_token: token } = JSON.parse(await ask('/v1/token', { socketPath }))
    expect(token).toMatch(/^24\./)
    expect(sandbox.counts.tokenRequests).toBe(1)
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
  })

  it('has the command for curl ready that it prints', async ({ skip }) => {
    const version = promisify(execFile)('curl', ['--version'])
    skip((await version.catch(() => undefined)) === undefined, 'curl is not on the PATH')
    const { facts } = await agent('--socket', join(home, "it's here", 'a.sock'))
    const { stdout } = await promisify(execFile)('sh', ['-c', `${facts.try} -s`])
    expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer' })
  })

  it('listens on a port for whoever has the key from its file, and measures what it does', async () => {
    const { facts, output } = await agent('--port', '0')
    const keyFile = join(home, '.local', 'state', 'evergrant', 'agent.key')
    expect(facts.key).toBe(`in ${keyFile}`)
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
    const key = (await readFile(keyFile, 'utf8')).trim()
    const url = facts.URL ?? ''
    const { access_token: token } = JSON.parse(await ask('/v1/token', { url, key }))
    const viewKey = (
      await readFile(join(home, '.local', 'state', 'evergrant', 'agent-view.key'), 'utf8')
    ).trim()
    expect(facts.dashboard).toBe(`${url}/#${viewKey}`)
    const metrics = await ask('/metrics', { url, key: viewKey })
    expect(metrics).toMatch(/^evergrant_renewals_total\{.*outcome="succeeded".*\} 1$/m)
    expect(metrics).toMatch(/^evergrant_token_remaining_life\{.*\} 259\d{4}/m)
    expect(await ask('/v1/token', { url, key: viewKey })).toContain('agent_key_missing')
    for (const secret of [key, token]) expect(output() + metrics).not.toContain(secret)
  })

  it('takes the place of one that was killed, and ends in good order itself', async () => {
    const first = await agent()
    await stopped(first.child, 'SIGKILL')
    await expect(stat(first.socketPath)).resolves.toBeDefined()
    const second = await agent()
    expect(await stopped(second.child, 'SIGTERM')).toBe(0)
    await expect(stat(second.socketPath)).rejects.toThrow('ENOENT')
  })

  it('ends although its audit log is gone, and says so', async () => {
    // With a sandbox of its own, which has to be closed after the log.
    const { child, output } = await agentOver(['--sandbox'])
    await rm(join(home, 'audit'), { recursive: true })
    expect(await stopped(child, 'SIGINT')).toBe(3)
    expect(output()).toContain('audit_unwritable')
  })

  it('says why it has no token before anybody asks, and goes on', async () => {
    const args = ['agent', '--endpoint', `${sandbox.url}/oauth/2.0/token`]
    const child = spawn(process.execPath, ['--conditions=evergrant-source', MAIN, ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: home },
    })
    running.push(child)
    let text = ''
    for await (const chunk of child.stderr) {
      text += chunk
      if (text.includes('\n')) break
    }
    expect(text).toMatch(/there is no token yet.*secret_unavailable: BAIDU_API_KEY is not set/)
    expect(child.exitCode).toBeNull()
  })

  it('writes down what it hands out, in the audit log', async () => {
    const { child, socketPath } = await agent()
    const { fingerprint } = JSON.parse(await ask('/v1/token', { socketPath }))
    await stopped(child, 'SIGTERM')
    const records: unknown[] = []
    const { sound } = await verifyAudit(join(home, 'audit'), { onRecord: record => records.push(record) })
    expect(sound).toBe(true)
    expect(records).toContainEqual(
      expect.objectContaining({
        what: 'agent.token.handed_out',
        provider: 'baidu',
        detail: { name: 'default', door: 'socket', fingerprint },
      }),
    )
  })

  it('says what is wrong with its options', async () => {
    const outcomeOf = async (...args: string[]) => {
      const { code, stderr } = await evergrant(['agent', '--sandbox-url', sandbox.url, ...args], {
        env: { HOME: home },
      })
      return [code, stderr.split('\n').at(-2)]
    }
    expect(await outcomeOf('--host', '0.0.0.0')).toEqual([2, expect.stringContaining('are for --port')])
    const open = await outcomeOf('--port', '0', '--host', '0.0.0.0')
    expect(open).toEqual([2, expect.stringContaining('say who may connect to 0.0.0.0')])
    const { code, stderr } = await evergrant(
      ['agent', '--sandbox-url', sandbox.url, '--socket', join(tmpdir(), 'a.sock')],
      { env: { HOME: home } },
    )
    expect([code, stderr]).toEqual([3, expect.stringContaining('chmod 700')])
  })
})
