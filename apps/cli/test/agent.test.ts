import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type AuditRecord, verifyAudit } from '@evergrant/audit'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readGrantsFile } from '../src/agent/grants-file.ts'
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
  return startedAgent(where, 1, more)
}

/** An agent that has won a token of each of its grants. */
async function startedAgent(
  where: readonly string[],
  grants: number,
  more: readonly string[] = [],
): Promise<RunningAgent> {
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
      if ((text.match(/a token was won.*\n/g)?.length ?? 0) >= grants) resolve()
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

  it('serves several grants of a file, each with options of its own', async () => {
    const grants = {
      ocr: { 'sandbox-url': sandbox.url },
      chat: { provider: 'feishu', sandbox: true, label: '飞书' },
    }
    await writeFile(join(home, 'grants.json'), JSON.stringify(grants))
    const { child, socketPath, facts, output } = await startedAgent(
      ['--grants', join(home, 'grants.json'), '--store', 'memory'],
      2,
    )
    const tokenOf = async (name: string) =>
      JSON.parse(await ask(`/v1/grants/${name}/token`, { socketPath })).access_token
    expect(await tokenOf('ocr')).toMatch(/^24\./)
    expect(await tokenOf('chat')).toMatch(/^t-/)
    expect(await ask('/v1/token', { socketPath })).toContain('of ocr, chat.')
    expect(facts.try).toContain('/v1/grants/ocr/token')
    expect(output()).toMatch(/飞书, as chat\n/)
    expect(output()).toMatch(/^chat: sandbox at http/m)
    expect(output()).toMatch(/ chat: a token was won/)
    expect(await stopped(child, 'SIGTERM')).toBe(0)
    // What happened to the tokens, and who had them, in one chain.
    const records: AuditRecord[] = []
    const audit = await verifyAudit(join(home, 'audit'), { onRecord: record => records.push(record) })
    expect([audit.sound, audit.chains.length]).toEqual([true, 1])
    expect(records.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['renewal.succeeded', 'agent.token.handed_out']),
    )
  })

  it('says what is wrong with a file of grants, and with which grant', async () => {
    const file = join(home, 'grants.json')
    const outcomeOf = async (text: string, ...more: string[]) => {
      await writeFile(file, text)
      const { code, stderr } = await evergrant(['agent', '--grants', file, ...more], { env: { HOME: home } })
      expect(code).toBe(2)
      return stderr.trim().replaceAll(file, 'FILE')
    }
    expect(await outcomeOf('')).toContain('FILE is no JSON')
    expect(await outcomeOf('{}')).toContain('FILE names no grant')
    expect(await outcomeOf('["a"]')).toContain('FILE has to hold one JSON object')
    expect(await outcomeOf('{"a":1}')).toContain('FILE, grant "a": an object with its options is missing')
    expect(await outcomeOf('{"a":{"label":"x"}}')).toContain('grant "a": say whose tokens it is of')
    expect(await outcomeOf('{"a":{"provider":1}}')).toContain('"provider" has to be a text')
    expect(await outcomeOf('{"a":{"provider":"gitlab"}}')).toContain("argument 'gitlab' is invalid")
    expect(await outcomeOf('{"a":{"provider":"baidu","secret":"x"}}')).toMatch(/there is no option "secret"$/)
    expect(await outcomeOf('{"a":{"as":"me","provider":"baidu"}}')).toContain('cannot be used with option')
    expect(await outcomeOf('{"a":{"as":"me"},"b":{"as":"you"}}')).toContain('grant "a": nobody is signed in')
    expect(await outcomeOf('{"a":{"as":"me"}}')).toContain('FILE, grant "a": nobody is signed in')
    expect(await outcomeOf('{"a":{"as":"me"}}', '--as', 'me')).toContain('cannot be used with option')
    await rm(file)
    const { stderr } = await evergrant(['agent', '--grants', file], { env: { HOME: home } })
    expect(stderr).toContain('cannot be read (ENOENT)')
  })

  it('looks for what a file of grants names beside that file', async () => {
    const file = join(home, 'grants.json')
    const mine = { provider: 'baidu', 'api-key-file': 'ocr.id', 'secret-key-file': '/run/x', store: 'kept' }
    await writeFile(file, JSON.stringify({ mine, other: { as: 'me', store: 'redis://h/', sandbox: false } }))
    expect(await readGrantsFile(file)).toEqual({
      mine: {
        provider: 'baidu',
        apiKeyFile: join(home, 'ocr.id'),
        secretKeyFile: '/run/x',
        store: join(home, 'kept'),
      },
      other: { as: 'me', store: 'redis://h/' },
    })
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
    expect([code, stderr]).toEqual([3, expect.stringContaining('name a folder of your own below it')])
  })
})
