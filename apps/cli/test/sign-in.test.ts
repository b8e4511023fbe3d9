import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../src/run.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** A stand-in for the sign-in of Baidu, and for a server that is described by its issuer URL. */
interface SignInServer {
  readonly url: string
  readonly requests: string[]
  close(): Promise<void>
}

let server: SignInServer
let home: string

beforeEach(async () => {
  server = await signInServer()
  home = await mkdtemp(join(tmpdir(), 'evergrant-sign-in-'))
})
afterEach(async () => {
  await server.close()
  await rm(home, { recursive: true })
})

async function signInServer(): Promise<SignInServer> {
  const requests: string[] = []
  const http = createServer(async (request, response) => {
    const { port } = http.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    requests.push(`${request.method} ${request.url} ${await bodyOf(request)}`.trim())
    response.statusCode = request.url === '/revoke' ? 401 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answerTo(new URL(request.url ?? '/', url), requests)))
  })
  return { url: await listen(http), requests, close: () => close(http) }
}

function answerTo({ pathname, origin }: URL, requests: readonly string[]): unknown {
  if (pathname.startsWith('/.well-known/')) {
    return {
      issuer: origin,
      token_endpoint: `${origin}/token`,
      authorization_endpoint: `${origin}/authorize`,
      revocation_endpoint: `${origin}/revoke`,
    }
  }
  if (pathname === '/revoke') return { error: 'invalid_client' }
  if (pathname.endsWith('/device/code')) {
    return {
      device_code: 'the-device-code',
      user_code: 'zkbmcc9a',
      verification_url: 'https://openapi.example/device',
      expires_in: 1_800,
      interval: 1,
    }
  }
  if (requests[0]?.includes('scope=nobody')) return { error: 'authorization_pending' }
  const polls = requests.filter(request => request.includes('device_token')).length
  if (polls === 1) return { error: 'authorization_pending', error_description: 'wait' }
  return { access_token: 'the-access-token', refresh_token: 'the-refresh-token', expires_in: 2_592_000 }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

async function listen(http: Server): Promise<string> {
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

function close(http: Server): Promise<void> {
  const closed = new Promise<void>(resolve => http.close(() => resolve()))
  http.closeAllConnections()
  return closed
}

async function evergrant(args: string[], env: Record<string, string> = {}, stdin = '') {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].on('data', chunk => {
      texts[name] += chunk
    })
  }
  const input = new PassThrough()
  if (stdin !== '') input.end(stdin)
  const code = await run(args, { stdin: input, ...streams, env: { HOME: home, ...env } })
  return { code, ...texts }
}

/** How a command ends that has a process of its own, and no input; and what it says. */
async function inProcess(args: readonly string[]): Promise<readonly [code: unknown, stderr: string]> {
  const child = spawn(process.execPath, ['--conditions=evergrant-source', MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: home, ...KEYS },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.on('data', chunk => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  return [code, text]
}

const KEYS = { BAIDU_API_KEY: 'the-id', BAIDU_SECRET_KEY: 'the-s3cret' }

function baidu(...more: string[]): string[] {
  return ['login', '--provider', 'baidu', '--endpoint', `${server.url}/oauth/2.0/token`, ...more]
}

describe('a sign-in at Baidu', () => {
  it('with a code goes by its own dialect, and says when nothing can be revoked', async () => {
    const login = await evergrant(baidu('--device', '--scope', 'basic,netdisk', '--as', 'disk'), KEYS)
    expect([login.code, login.stdout]).toEqual([0, ''])
    expect(login.stderr).toContain('Open   https://openapi.example/device\nEnter  zkbmcc9a')
    expect(server.requests[0]).toBe(
      'GET /oauth/2.0/device/code?client_id=the-id&response_type=device_code&scope=basic+netdisk',
    )
    expect(server.requests).toHaveLength(3)
    expect(await evergrant(['token', '--as', 'disk'], KEYS)).toMatchObject({ stdout: 'the-access-token\n' })
    expect(await evergrant(['token', '--as', 'disk', '--curl'], KEYS)).toMatchObject({ code: 2 })
    const logout = await evergrant(['logout', '--as', 'disk'], KEYS)
    expect([logout.code, logout.stdout]).toEqual([
      0,
      expect.stringContaining('The server revokes nothing on request'),
    ])
    expect(await evergrant(['logout', '--as', 'disk'], KEYS)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nobody is signed in as "disk" here'),
    })
  })

  it('speaks Chinese to whoever reads that', async () => {
    const env = { ...KEYS, LANG: 'zh_CN.UTF-8' }
    const device = await evergrant(baidu('--device'), env)
    expect(device.stderr).toBe(
      `打开  https://openapi.example/device
输入  zkbmcc9a

等待输入验证码，最多 5:00
已登录 ${new URL(server.url).host}。获取令牌：evergrant token --as default
`,
    )
    expect((await evergrant(['logout', '--yes'], env)).stdout).toBe(
      `已退出 ${new URL(server.url).host}；本机不再保留任何内容。\n该服务器不接受吊销请求；其签发的内容会自行过期。\n`,
    )
    const oob = await evergrant(baidu('--no-browser', '--redirect-uri', 'oob'), env, 'the-code\n')
    expect(oob.stderr).toContain('请在浏览器中打开：')
    expect(oob.stderr).toContain('然后将所显示的授权码粘贴到此处。\n等待浏览器，最多 5:00\n')
    expect(oob.code).toBe(0)
  })

  it('takes the code that Baidu shows to whoever is far from this machine', async () => {
    const login = await evergrant(baidu('--no-browser', '--redirect-uri', 'oob'), KEYS, 'the-code\n')
    expect([login.code, login.stdout]).toEqual([0, ''])
    expect(login.stderr).toContain('Then paste the code that is shown here.')
    expect(login.stderr).toContain(`${server.url}/oauth/2.0/authorize?response_type=code&client_id=the-id`)
    expect(server.requests).toEqual([expect.stringContaining('code=the-code&redirect_uri=oob')])
    expect(login.stderr).not.toContain('s3cret')
  })

  it.each([
    ['oob', 'code'],
    ['https://tool.example/callback', 'address'],
  ])('to %s ends where nobody can paste the %s', async (uri, what) => {
    const login = await inProcess(baidu('--no-browser', '--redirect-uri', uri))
    expect(login).toEqual([2, expect.stringContaining(`nobody is there to paste the ${what}`)])
  })

  it('with a code that nobody enters ends with its time, and asks no more', async () => {
    const login = await inProcess(baidu('--device', '--scope', 'nobody', '--wait-minutes', '0.02'))
    expect(login).toEqual([4, expect.stringContaining('flow_expired')])
  })

  it('needs the keys of the application', async () => {
    expect(await evergrant(baidu())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('set BAIDU_API_KEY and BAIDU_SECRET_KEY'),
    })
  })
})

describe('a sign-in', () => {
  const issuer = (...more: string[]) => ['login', '--issuer', server.url, '--client-id', 'tool', ...more]

  it('says that its port is taken', async () => {
    const { port } = new URL(server.url)
    expect(await evergrant(issuer('--port', port))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`port ${port} is taken; choose another with --port`),
    })
  })

  it('ends when nobody comes', async () => {
    expect(await evergrant(issuer('--no-browser', '--wait-minutes', '0.01'))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('flow_expired'),
    })
  })

  it('needs to know where and as whom, and where to keep it', async () => {
    for (const [args, complaint] of [
      [['login'], 'say where to sign in'],
      [['login', '--issuer', server.url], 'name the client'],
      [issuer('--store', 'memory'), 'is gone when this command ends'],
      [issuer('--as', 'a/b'), 'a name has up to 64 letters'],
    ] as const) {
      const { code, stderr } = await evergrant([...args])
      expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)])
    }
  })

  it('goes on, and says so, when no browser can be opened', async () => {
    const stderr = new PassThrough()
    let text = ''
    stderr.on('data', chunk => {
      text += chunk
    })
    const terminal = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: { HOME: home } }
    const browse = () => Promise.reject(new Error('no display'))
    expect(await run(issuer('--wait-minutes', '0.02'), { ...terminal, browse })).toBe(4)
    expect(text).toContain('No browser could be opened.')
  })

  it('answers nothing but the redirect, by no other name', async () => {
    const answers: number[] = []
    const browse = async (url: string) => {
      const redirect = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
      for (const [path, method] of [
        ['/', 'GET'],
        ['/callback', 'POST'],
      ] as const) {
        answers.push((await fetch(new URL(path, redirect), { method })).status)
      }
      answers.push((await fetch(`http://localhost:${redirect.port}/callback`)).status)
      const state = new URL(url).searchParams.get('state')
      answers.push((await fetch(`${redirect}?code=c&state=${state}`)).status)
    }
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
    expect(await run(issuer(), { ...streams, env: { HOME: home }, browse })).toBe(0)
    expect(answers).toEqual([404, 404, 404, 200])
  })

  it('keeps its name until it is ended, which is done here whatever the server says', async () => {
    const secret = join(home, 'secret')
    await writeFile(secret, 'the-s3cret\n')
    const signIn = (id: string) => {
      const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
      const args = ['login', '--issuer', server.url, '--client-id', id, '--client-secret-file', secret]
      const browse = async (url: string) => {
        const { searchParams } = new URL(url)
        await fetch(`${searchParams.get('redirect_uri')}?code=c&state=${searchParams.get('state')}`)
      }
      return run(args, { ...streams, env: { HOME: home }, browse })
    }
    expect([await signIn('tool'), await signIn('tool'), await signIn('other')]).toEqual([0, 0, 2])
    expect(await evergrant(['token'])).toMatchObject({ code: 0, stdout: 'the-access-token\n' })
    const logout = await evergrant(['logout'])
    expect(logout).toMatchObject({ code: 3, stdout: expect.stringContaining('forgotten here') })
    expect(logout.stderr).toContain('Not everything is revoked at the server')
    expect(await signIn('other')).toBe(0)
  })

  it('is interrupted by Ctrl-C, and leaves nothing behind', async () => {
    const environment = { PATH: process.env.PATH ?? '', HOME: home }
    const args = ['--conditions=evergrant-source', MAIN, ...issuer('--no-browser')]
    const child = spawn(process.execPath, args, { env: environment })
    let text = ''
    const ended = new Promise<number | null>(resolve => child.once('close', resolve))
    child.stderr.on('data', chunk => {
      const isWaiting = text.includes('waiting for the browser')
      text += chunk
      if (!isWaiting && text.includes('waiting for the browser')) child.kill('SIGINT')
    })
    expect(await ended).toBe(130)
    expect(text).toContain('Interrupted; nobody was signed in.')
    expect(await evergrant(['token', '--as', 'default'])).toMatchObject({ code: 2 })
  })
})
