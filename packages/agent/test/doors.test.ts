import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdtemp, rm, symlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TokenAgent, tokenAgent } from '../src/index.ts'
import { askAt } from './support/ask.ts'
import { fakeSource } from './support/fake-source.ts'

const KEYS = { key: 'k'.repeat(43), viewKey: 'v'.repeat(22) }
const headers = { authorization: `Bearer ${KEYS.key}` }

let folder: string
let agents: TokenAgent[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-agent-'))
  agents = []
})
afterEach(async () => {
  await Promise.all(agents.map(agent => agent.close()))
  await rm(folder, { recursive: true })
})

function agent(options: Partial<Parameters<typeof tokenAgent>[0]> = {}): TokenAgent {
  const made = tokenAgent({ grants: { default: { source: fakeSource() } }, ...options })
  agents.push(made)
  return made
}

/** A socket whose process was killed. */
async function staleSocket(path: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('ready'))`
  const child: ChildProcess = spawn(process.execPath, ['-e', program])
  await once(child.stdout as NodeJS.EventEmitter, 'data')
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}

async function statusAt(socketPath: string): Promise<number> {
  return (await askAt('http://agent', { path: '/v1/token', socketPath })).status
}

describe('the socket of an agent', () => {
  it('takes the place of one that was left behind, and is taken away in the end', async () => {
    const path = join(folder, 'a.sock')
    await staleSocket(path)
    const one = agent()
    await one.listenOnSocket(path)
    expect(await statusAt(path)).toBe(200)
    await one.close()
    await expect(lstat(path)).rejects.toThrow('ENOENT')
  })

  it('is had by one of those who want it at the same moment', async () => {
    const path = join(folder, 'a.sock')
    for (let round = 0; round < 5; round++) {
      await staleSocket(path)
      const several = [agent(), agent(), agent()]
      const outcomes = await Promise.allSettled(several.map(each => each.listenOnSocket(path)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const each of outcomes) {
        if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'invalid_option' })
      }
      const losers = several.filter((_, i) => outcomes[i]?.status === 'rejected')
      await Promise.all(losers.map(each => each.close()))
      expect(await statusAt(path)).toBe(200)
      await Promise.all(several.map(each => each.close()))
    }
  })

  it('is left to whoever has its place by now', async () => {
    const path = join(folder, 'a.sock')
    const [first, second] = [agent(), agent()]
    await first.listenOnSocket(path)
    await rm(path)
    await second.listenOnSocket(path)
    await first.close()
    expect(await statusAt(path)).toBe(200)
  })

  it('may stand in a folder that a link leads to, and nowhere that cannot be', async () => {
    const link = join(folder, 'link')
    await symlink(folder, link)
    await agent().listenOnSocket(join(link, 'a.sock'))
    expect(await statusAt(join(folder, 'a.sock'))).toBe(200)
    const impossible = agent().listenOnSocket('/etc/passwd/a.sock')
    await expect(impossible).rejects.toMatchObject({ code: 'invalid_option' })
  })
})

describe('the port of an agent', () => {
  it.each(['127.0.0.1', '127.0.0.2:80', 'LOCALHOST:1', '[::1]:8788', '[fd00::1]'])(
    'is called by addresses and as localhost: %s',
    async host => {
      const url = await agent().listenOnPort({ port: 0, ...KEYS })
      expect((await askAt(url, { path: '/v1/token', headers: { ...headers, host } })).status).toBe(200)
    },
  )

  it.each(['agent', 'evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:1', '127.0.0.1:x'])(
    'is called by no other name: %j',
    async host => {
      const url = await agent().listenOnPort({ port: 0, ...KEYS })
      expect((await askAt(url, { path: '/v1/token', headers: { ...headers, host } })).status).toBe(421)
    },
  )

  it.each(['origin', 'forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'])(
    'is closed to what has a header %s',
    async name => {
      const url = await agent().listenOnPort({ port: 0, ...KEYS })
      const asked = { path: '/v1/token', headers: { ...headers, [name]: 'http://127.0.0.1' } }
      expect((await askAt(url, asked)).status).toBe(403)
    },
  )

  it.each([
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
  ])('is asked from a site that is %s: %i', async (site, status) => {
    const url = await agent().listenOnPort({ port: 0, ...KEYS })
    const asked = { path: '/v1/token', headers: { ...headers, 'sec-fetch-site': site } }
    expect((await askAt(url, asked)).status).toBe(status)
  })

  it('takes the whole key, and nothing that begins or ends like it', async () => {
    const url = await agent().listenOnPort({ port: 0, ...KEYS })
    for (const key of [KEYS.key.slice(1), `${KEYS.key}k`, `${KEYS.key} x`, '']) {
      const asked = { path: '/v1/token', headers: { authorization: `Bearer ${key}` } }
      expect((await askAt(url, asked)).status).toBe(401)
    }
  })

  it('admits this machine alone, though it listens on all addresses', async () => {
    const refused: string[] = []
    const url = await agent().listenOnPort({
      port: 0,
      host: '0.0.0.0',
      allow: ['192.0.2.1'],
      onRefused: address => refused.push(address),
      ...KEYS,
    })
    const { port } = new URL(url)
    const socket = connect({ port: Number(port), host: '127.0.0.1' })
    await once(socket, 'close').catch(() => undefined)
    expect(refused).toEqual(['127.0.0.1'])
  })

  it('is a number of one', async () => {
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      const listening = agent().listenOnPort({ port, ...KEYS })
      await expect(listening).rejects.toMatchObject({ code: 'invalid_option' })
    }
  })

  it.each(['//', '//evil.example/v1/token', 'http://evil.example/v1/token', '*', 'http://x:99999/'])(
    'answers to paths alone, and tells nobody of the rest: %s',
    async path => {
      const defects: unknown[] = []
      const url = await agent({ onDefect: error => defects.push(error) }).listenOnPort({ port: 0, ...KEYS })
      expect((await askAt(url, { path, headers })).status).toBe(400)
      expect(defects).toEqual([])
    },
  )
})

describe('an agent that is closed', () => {
  it('does not listen any more, also where it was about to', async () => {
    const one = agent()
    const listening = one.listenOnPort({ port: 0, ...KEYS })
    await one.close()
    await expect(listening).rejects.toMatchObject({ code: 'closed' })
    await expect(one.listenOnSocket(join(folder, 'a.sock'))).rejects.toMatchObject({ code: 'closed' })
  })

  it('ends what is under way', async () => {
    const begun = new Promise<void>(resolve => {
      const source = fakeSource(() => {
        resolve()
        return new Promise(() => undefined)
      })
      agents.push(tokenAgent({ grants: { default: { source } } }))
    })
    const [waiting] = agents
    const path = join(folder, 'a.sock')
    await waiting?.listenOnSocket(path)
    const asked = expect(statusAt(path)).rejects.toThrow()
    await begun
    await waiting?.close()
    await asked
  })
})
