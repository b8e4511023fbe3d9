import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { discoverProvider, introspectToken } from '@evergrant/runtime/flows'
import { undiciTransport } from '@evergrant/transport-undici'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { browse } from '../src/browser.ts'
import { chromiumPath, launchChromium, NO_CHROMIUM, signInOn } from '../src/chromium.ts'
import { type OidcServer, oidcServer } from '../src/oidc-server.ts'
import { NATIVE_CLIENT } from '../src/registered-clients.ts'
import { type CommandOptions, evergrant, type RunningCommand } from './support/command.ts'

const HOUR_MS = 3_600_000
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/auth\?\S+/
const CHROMIUM = chromiumPath()

let server: OidcServer
let home: string

beforeAll(async () => {
  // The server warns of everything that must not be done outside of a test.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  server = await oidcServer({ plain: true })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'evergrant-sign-in-'))
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(home, { recursive: true })
})

function command(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  return evergrant(args, { ...options, env: { HOME: home, ...options.env } })
}

function login(args: readonly string[] = [], options: CommandOptions = {}): RunningCommand {
  const target = ['--issuer', server.issuer, '--client-id', NATIVE_CLIENT]
  const scopes = ['--scope', 'openid', '--scope', 'offline_access']
  return command(['login', ...target, ...scopes, ...args], options)
}

/** What the server says about a token. */
async function isActive(token: string): Promise<boolean> {
  const transport = undiciTransport({ allowInsecureLoopback: true })
  const provider = await discoverProvider(server.issuer, { transport })
  const client = { id: 'client_secret_basic', secret: server.keys.secret }
  const { active } = await introspectToken({ provider, client, transport }, token)
  return active
}

async function token(args: readonly string[] = []): Promise<string> {
  const running = command(['token', ...args])
  expect([await running.ended, running.stderr]).toEqual([0, ''])
  return running.stdout.trim()
}

describe('evergrant login', () => {
  let chromium: Browser | undefined
  let page: Page
  beforeAll(async () => {
    chromium = CHROMIUM === undefined ? undefined : await launchChromium(CHROMIUM)
  })
  afterAll(() => chromium?.close())
  beforeEach(async ({ skip }) => {
    skip(chromium === undefined, NO_CHROMIUM)
    const context = await chromium?.newContext()
    if (context !== undefined) page = await context.newPage()
  })
  afterEach(() => page?.context().close())

  /** Opens an address as the system does: in a window of its own. */
  async function openInPage(url: string): Promise<void> {
    await page.goto(url)
  }

  it('signs in, renews an hour later, and signs out at the server', async () => {
    const signingIn = login([], { browse: openInPage })
    await signInOn(page)
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    expect(await page.locator('li').allTextContents()).toEqual(['openid', 'offline_access'])
    expect(new URL(page.url()).search).toBe('')
    expect([await signingIn.ended, signingIn.stdout]).toEqual([0, ''])
    expect(signingIn.stderr).toContain('Get a token with: evergrant token\n')
    const first = await token()
    expect([await token(), await isActive(first)]).toEqual([first, true])
    const call = command(['call', `${server.issuer}/me`])
    expect([await call.ended, JSON.parse(call.stdout)]).toEqual([0, { sub: expect.any(String) }])
    const { refreshes } = server.seen
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS })
    const second = await token()
    expect([await isActive(first), await isActive(second)]).toEqual([false, true])
    expect(server.seen.refreshes).toBe(refreshes + 1)
    const signingOut = command(['logout'])
    expect([await signingOut.ended, signingOut.stdout]).toEqual([
      0,
      expect.stringContaining('The server has revoked the refresh token and the access token.'),
    ])
    expect(await isActive(second)).toBe(false)
    expect(await command(['token', '--as', 'default']).ended).toBe(2)
  })

  it('shows a page that closes by itself where the browser lets it', async () => {
    const { ended } = login([], {
      browse: async url => {
        const opened = page.waitForEvent('popup')
        await page.evaluate(`void window.open(${JSON.stringify(url)})`)
        page = await opened
      },
    })
    await expect.poll(() => page.url(), { timeout: 20_000 }).toContain('/interaction/')
    const closed = page.waitForEvent('close')
    await signInOn(page)
    await closed
    expect(await ended).toBe(0)
  })

  it('ends when access is denied, and says so in both places', async () => {
    const signingIn = login([], { browse: openInPage })
    await signInOn(page, 'declines')
    await page.getByRole('heading', { name: 'Access was denied' }).waitFor()
    expect([await signingIn.ended, signingIn.stderr]).toEqual([
      7,
      expect.stringContaining('access_denied: The resource owner or the server said no.'),
    ])
    expect(await command(['token', '--as', 'default']).ended).toBe(2)
  })

  it('ends when it took too long, and says so in both places', async () => {
    const signingIn = login([], { browse: openInPage })
    await page.locator('input[name="login"]').waitFor()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 })
    await signInOn(page)
    await page.getByRole('heading', { name: 'This sign-in has expired' }).waitFor()
    expect([await signingIn.ended, signingIn.stderr]).toEqual([
      4,
      expect.stringContaining('flow_expired: The sign-in took too long; begin anew.'),
    ])
  })

  it('goes on waiting after an answer with a wrong state, which is told that it is not the right one', async () => {
    const signingIn = login(['--no-browser'])
    const address = await signingIn.prints(ADDRESS)
    const redirectUri = new URL(address).searchParams.get('redirect_uri') ?? ''
    await page.goto(`${redirectUri}?code=stolen&state=another&iss=${encodeURIComponent(server.issuer)}`)
    await page.getByRole('heading', { name: 'This answer belongs to no sign-in' }).waitFor()
    await signingIn.prints(/belongs to no sign-in; still waiting/)
    await page.goto(address)
    await signInOn(page)
    expect(await signingIn.ended).toBe(0)
  })

  it('takes the address that a browser of another machine has ended up at', async () => {
    // Nothing answers there, as on another machine.
    const redirectUri = `http://127.0.0.1:${await freePort()}/callback`
    const signingIn = login(['--no-browser', '--redirect-uri', redirectUri, '--as', 'far'])
    const answered = page.waitForRequest(request => request.url().startsWith(`${redirectUri}?`))
    await page.goto(await signingIn.prints(ADDRESS))
    await signInOn(page)
    signingIn.stdin.write(`not an address\n${(await answered).url()}\n`)
    await signingIn.prints(/That is no address/)
    expect(await signingIn.ended).toBe(0)
    await token(['--as', 'far'])
  })

  it('says it in Chinese to those who read it', async () => {
    const { ended } = login([], { browse: openInPage, env: { LANG: 'zh_CN.UTF-8' } })
    await signInOn(page)
    await page.getByRole('heading', { name: '登录成功' }).waitFor()
    expect(await ended).toBe(0)
  })

  it('shows a code and a QR code for a browser anywhere, and waits', async () => {
    const signingIn = login(['--device'], { tty: true })
    const code = (await signingIn.prints(/[A-Z]{4}-[A-Z]{4}/)) ?? ''
    await signingIn.prints(/[▀▄█]{8}/)
    await signingIn.prints(/waiting for the code to be entered, 4:\d\d left/)
    await browse('', `${server.issuer}/device?user_code=${code}`)
    expect(await signingIn.ended).toBe(0)
    await token()
  })
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}
