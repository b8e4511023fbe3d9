import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../src/run.ts'
import { evergrant } from './support/command-line.ts'

let server: Server
let issuer: string
let home: string
/** What the endpoint about the user was sent, by its Authorization field. */
let shown: (string | undefined)[]
let tokens: number
/** The token that the API takes. */
let accepted: string

beforeEach(async () => {
  shown = []
  tokens = 0
  accepted = 'token-1'
  home = await mkdtemp(join(tmpdir(), 'evergrant-call-'))
  server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.close()
  server.closeAllConnections()
  await rm(home, { recursive: true })
})

/** An authorization server with an endpoint about its users. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', issuer)
  const say = (body: object, status = 200, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  if (pathname.startsWith('/.well-known/')) {
    return say({
      issuer,
      token_endpoint: `${issuer}/token`,
      authorization_endpoint: `${issuer}/authorize`,
    })
  }
  if (pathname === '/token') {
    tokens += 1
    return say({ access_token: `token-${tokens}`, refresh_token: `refresh-${tokens}`, expires_in: 3_600 })
  }
  if (pathname === '/forbidden') return say({ error: 'no' }, 403)
  if (pathname === '/broken') {
    request.socket.destroy()
    return
  }
  shown.push(request.headers.authorization)
  if (request.headers.authorization === `Bearer ${accepted}`) return say({ sub: 'me' })
  say({ error: 'invalid_token' }, 401, { 'www-authenticate': 'Bearer error="invalid_token"' })
}

function command(...args: string[]) {
  return evergrant(args, { env: { HOME: home } })
}

async function signIn(name = 'default'): Promise<void> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
  const browse = async (url: string) => {
    const { searchParams } = new URL(url)
    await fetch(`${searchParams.get('redirect_uri')}?code=c&state=${searchParams.get('state')}`)
  }
  const args = ['login', '--issuer', issuer, '--client-id', 'tool', '--as', name]
  expect(await run(args, { ...streams, env: { HOME: home }, browse })).toBe(0)
}

describe('a call after a sign-in', () => {
  it('is made with its token, at the server that has issued it', async () => {
    await signIn()
    expect(await command('call', `${issuer}/me`)).toMatchObject({ code: 0, stdout: '{"sub":"me"}' })
    expect(shown).toEqual(['Bearer token-1'])
  })

  it('is made with the token of the sign-in that is named', async () => {
    await signIn()
    await signIn('work')
    accepted = 'token-2'
    expect((await command('call', '--as', 'work', `${issuer}/me`)).code).toBe(0)
    expect(shown).toEqual(['Bearer token-2'])
    expect(await command('token', '--as', 'work')).toMatchObject({ stdout: 'token-2\n' })
  })

  it('renews a token that is rejected, and is made again once', async () => {
    await signIn()
    accepted = 'token-2'
    expect(await command('call', `${issuer}/me`)).toMatchObject({ code: 0, stdout: '{"sub":"me"}' })
    expect(shown).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(await command('token')).toMatchObject({ stdout: 'token-2\n' })
  })

  it('shows an answer that is an error as it came', async () => {
    await signIn()
    const { code, stdout, stderr } = await command('call', `${issuer}/forbidden`)
    expect([code, stdout]).toEqual([8, '{"error":"no"}'])
    expect(stderr).toContain('the API answered with HTTP 403')
  })

  it('tells of an API that breaks the connection, by its host, and that it may be tried again', async () => {
    await signIn()
    const { code, stderr } = await command('call', '-X', 'POST', `${issuer}/broken`)
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(new RegExp(`transport_failed: .* \\(\\w+, ${new URL(issuer).host}\\)`)),
    ])
  })

  it('shows no token to a stranger, in clear to nobody, and asks nobody for one before', async () => {
    await signIn()
    for (const [url, words] of [
      ['https://evil.example/me', 'evil.example is not one of'],
      ['http://evil.example/me', 'a token is sent over https only'],
    ] as const) {
      const { code, stderr } = await command('call', url)
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
    }
    expect([shown, tokens]).toEqual([[], 1])
  })

  it('is not made as somebody who is not signed in, nor as two at once', async () => {
    expect(await command('call', '--as', 'work', `${issuer}/me`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nobody is signed in as "work" here'),
    })
    for (const other of [['--sandbox'], ['--provider', 'wechat'], ['--endpoint', issuer]]) {
      for (const name of ['call', 'token']) {
        const { code, stderr } = await command(name, '--as', 'work', ...other, `${issuer}/me`)
        expect([code, stderr]).toEqual([2, expect.stringContaining('cannot be used with option')])
      }
    }
  })
})
