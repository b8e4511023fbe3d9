import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { loopbackReceiver } from '../src/sign-in/loopback-receiver.ts'
import { evergrant } from './support/command-line.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** The status that a request from an address of this machine is answered with, or how it fails. */
function ask(url: string, localAddress: string): Promise<number | string> {
  return once(get(url, { localAddress, agent: false }), 'response').then(
    ([response]) => {
      response.resume()
      return response.statusCode
    },
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )
}

/** Runs a sandbox in a process of its own, and says what it prints, and when it has printed something. */
function sandbox(...args: string[]) {
  const command = ['--conditions=evergrant-source', '--disable-warning=ExperimentalWarning', MAIN, 'sandbox']
  const child = spawn(process.execPath, [...command, '--port', '0', ...args])
  const gone = once(child, 'exit')
  endings.push(() => {
    child.kill('SIGINT')
    return gone
  })
  let text = ''
  const seen = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(text)
        if (found !== null) resolve(found[0])
      }
      gone.then(() => reject(new Error(`it has ended: ${text}`)))
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', chunk => {
          text += chunk
          look()
        })
      look()
    })
  return { seen }
}

describe('evergrant sandbox', () => {
  it('admits those whom it is told to, and says whom it has turned away', async () => {
    const { seen } = sandbox('--allow', '127.0.0.1', '--allow', '10.0.0.0/8')
    const url = `${await seen(/http:\/\/127\.0\.0\.1:\d+(?=\n)/)}/sandbox/state`
    expect([await ask(url, '127.0.0.1'), await ask(url, '127.0.0.2')]).toEqual([200, 'ECONNRESET'])
    expect(await seen(/note: .*(?=\n)/)).toBe(
      'note: a connection from 127.0.0.2 was turned away; --allow 127.0.0.2 would admit it',
    )
  })

  it('listens for this machine on all addresses, if it says that this machine is meant', async () => {
    const { seen } = sandbox('--host', '0.0.0.0', '--allow', '127.0.0.1')
    const url = `${await seen(/http:\/\/127\.0\.0\.1:\d+(?=\n)/)}/sandbox/state`
    expect([await ask(url, '127.0.0.1'), await ask(url, '127.0.0.2')]).toEqual([200, 'ECONNRESET'])
  })
})

describe.each([['sandbox'], ['login']])('evergrant %s', command => {
  it.each([
    [['--host', '0.0.0.0'], 'say who may connect to 0.0.0.0'],
    [['--host', '192.0.2.1'], 'say who may connect to 192.0.2.1'],
    [['--host', 'localhost'], '--host takes an address'],
    [['--allow', 'all'], '"all" is no range of addresses'],
    [['--allow', '10.0.0.1/8'], 'has bits beyond its prefix'],
  ])('%j is wrong usage, and says how it is done', async (args, complaint) => {
    const { code, stderr } = await evergrant([command, ...args])
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)])
  })
})

describe('what waits for the answer of a sign-in', () => {
  it('reads nothing from elsewhere', async () => {
    const [answers, refused]: string[][] = [[], []]
    const options = { port: 0, allow: ['127.0.0.1'], onRefused: (address: string) => refused?.push(address) }
    await using receiver = await loopbackReceiver(options, async answer => {
      answers?.push(answer.toString())
      return { page: { status: 200, html: 'done' } }
    })
    expect(await ask(`${receiver.redirectUri}?code=theirs`, '127.0.0.2')).toBe('ECONNRESET')
    expect(await ask(`${receiver.redirectUri}?code=ours`, '127.0.0.1')).toBe(200)
    expect([answers, refused]).toEqual([['code=ours'], ['127.0.0.2']])
  })
})
