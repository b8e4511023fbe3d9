import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP, wireServer } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CommandSetting, evergrant as runCommand } from './support/command-line.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const TRANSLATION = 'https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1'
const WORD = '{"q":"你好","from":"zh","to":"en"}'
const KEYS = { BAIDU_API_KEY: SANDBOX_APP.apiKey, BAIDU_SECRET_KEY: SANDBOX_APP.secretKey }

const evergrant = (args: string[], { env = {}, ...setting }: CommandSetting = {}) =>
  runCommand(args, { ...setting, env: { HOME: folder, ...env } })

let sandbox: BaiduSandbox
let folder: string

beforeEach(async () => {
  sandbox = await baiduSandbox()
  folder = await mkdtemp(join(tmpdir(), 'evergrant-cli-'))
})
afterEach(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

describe('evergrant token', () => {
  it('prints the token and nothing else on standard output', async () => {
    const { code, stdout, stderr } = await evergrant(['token', '--sandbox'])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^24\.[0-9a-f]{32}\.2592000\.\d+\.282335-1234567\n$/),
    ])
    expect(stderr).toContain('worth nothing anywhere else')
    expect(stdout + stderr).not.toContain('\u001b')
  })

  it('prints what is known about it as JSON', async () => {
    const { stdout } = await evergrant(['token', '--sandbox', '--json'])
    const token = JSON.parse(stdout)
    expect(token).toMatchObject({
      token_type: 'Bearer',
      lifetime: 'finite',
      scope: expect.arrayContaining(['brain_all_scope']),
    })
    expect(token.expires_in).toBeGreaterThan(2_591_900)
    expect(new Date(token.expires_at).getTime()).toBeGreaterThan(Date.now())
  })

  it('prints a header, or a curl command that works', async () => {
    expect((await evergrant(['token', '--sandbox', '--header'])).stdout).toMatch(
      /^Authorization: Bearer 24\.\S+\n$/,
    )
    const { stdout } = await evergrant(['token', '--sandbox-url', sandbox.url, '--curl'])
    expect(stdout).toContain(`curl '${sandbox.url}/rpc/2.0/mt/texttrans/v1?access_token=24.`)
  })

  it('colours only what goes to a terminal', async () => {
    expect((await evergrant(['token', '--sandbox'], { tty: true })).stderr).toContain('\u001b[2m')
    expect(
      (await evergrant(['token', '--sandbox'], { tty: true, env: { NO_COLOR: '1' } })).stderr,
    ).not.toContain('\u001b')
  })

  it('says what to do without keys, in English or Chinese', async () => {
    const { code, stdout, stderr } = await evergrant(['token'])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('BAIDU_API_KEY is not set')
    expect(stderr).toContain('what to do: Set BAIDU_API_KEY')
    expect((await evergrant(['token'], { env: { LANG: 'zh_CN.UTF-8' } })).stderr).toContain(
      '请将 BAIDU_API_KEY',
    )
  })

  it('takes keys from files', async () => {
    const [id, secret] = [join(folder, 'id'), join(folder, 'secret')]
    await writeFile(id, 'an id\n')
    const args = [
      'token',
      '--api-key-file',
      id,
      '--secret-key-file',
      secret,
      '--endpoint',
      'https://no-such-host.invalid/',
    ]
    const missing = await evergrant(args)
    expect([missing.code, missing.stderr]).toEqual([
      3,
      expect.stringContaining(`${secret} cannot be read (ENOENT)`),
    ])
    await writeFile(secret, 's3cret\n')
    const { code, stderr } = await evergrant(args)
    expect(code).toBe(5)
    expect(stderr).toContain('transport_failed')
    expect(stderr).not.toContain('s3cret')
  })

  it('remarks on keys that look like something else', async () => {
    const env = { BAIDU_API_KEY: 'ALTAKsomething', BAIDU_SECRET_KEY: 's3cret' }
    const { stderr } = await evergrant(['token', '--endpoint', 'https://no-such-host.invalid/'], { env })
    expect(stderr).toContain('note: A key that begins with "ALTAK"')
  })

  it('tells a wrong key from an endpoint that is down, by text and by exit code', async () => {
    const refusing = await wireServer({
      respond:
        'HTTP/1.1 401 No\r\ncontent-type: application/json\r\n\r\n{"error":"invalid_client","error_description":"unknown client id"}',
    })
    const wrong = await evergrant(['token', '--sandbox-url', `http://127.0.0.1:${refusing.port}/`])
    expect(wrong.code).toBe(3)
    expect(wrong.stderr).toContain('the server said: unknown client id')
    expect(wrong.stderr).toContain('what to do: The API Key is wrong')
    expect(wrong.stderr).toContain('HTTP status: 401')
    refusing.behave({ respond: 'HTTP/1.1 503 Busy\r\n\r\n' })
    const busy = await evergrant(['token', '--sandbox-url', `http://127.0.0.1:${refusing.port}`])
    expect([busy.code, busy.stderr]).toEqual([
      5,
      expect.stringContaining('what to do: Run the command again.'),
    ])
    refusing.behave({ respond: 'HTTP/1.1 200 OK\r\n\r\n<html>' })
    expect((await evergrant(['token', '--sandbox-url', `http://127.0.0.1:${refusing.port}`])).code).toBe(6)
    await refusing.close()
    expect((await evergrant(['token', '--sandbox-url', `http://127.0.0.1:${refusing.port}`])).code).toBe(5)
  })

  it('keeps the token where it is told, and hands out the same one again', async () => {
    const args = ['token', '--sandbox-url', sandbox.url, '--store', join(folder, 'tokens')]
    const first = await evergrant(args)
    expect(first.code).toBe(0)
    expect((await evergrant(args)).stdout).toBe(first.stdout)
    expect(sandbox.counts.tokenRequests).toBe(1)
    const elsewhere = await evergrant(['token', '--sandbox-url', sandbox.url, '--store', 'memory'])
    expect(elsewhere.stdout).not.toBe(first.stdout)
  })

  it('says so when there is no place to keep tokens in, or it is none, or it is open to others', async () => {
    const homeless = await evergrant(['token'], { env: { ...KEYS, HOME: '' } })
    expect(homeless).toMatchObject({ code: 2, stderr: expect.stringContaining('--store') })
    const wrong = await evergrant(['token', '--store', 'ftp://x'], { env: KEYS })
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('redis:') })
    await chmod(folder, 0o755)
    const open = await evergrant(['token', '--sandbox-url', sandbox.url, '--store', folder])
    expect(open.stderr).toContain('chmod 700')
  })

  it('asks for a minimum of life', async () => {
    const { code, stderr } = await evergrant(['token', '--sandbox', '--min-valid', '99999999'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('lifetime_too_short')])
    expect((await evergrant(['token', '--sandbox', '--min-valid', 'soon'])).code).toBe(2)
  })
})

describe('evergrant inspect', () => {
  it('takes a Baidu token apart, also one that has expired', async () => {
    const token = `24.${'0123456789abcdef'.repeat(2)}.2592000.1702592000.282335-42`
    const { code, stdout } = await evergrant(['inspect', token])
    expect(code).toBe(0)
    expect(stdout).toMatch(/form +a token of the Baidu AI Open Platform/)
    expect(stdout).toMatch(/lifetime +30 d/)
    expect(stdout).toMatch(/expires +2023-12-14 22:13:20 UTC, .* ago/)
    expect(stdout).toMatch(/appId +42/)
    expect(stdout).not.toContain(token)
  })

  it('takes a JWT apart without checking its signature, and says so', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const jwt = `${part({ alg: 'RS256' })}.${part({ sub: 'me', exp: 4_102_444_800, iat: 1_700_000_000 })}.c2ln`
    const { stdout } = await evergrant(['inspect', '-'], { stdin: `${jwt}\n` })
    expect(stdout).toContain('its signature was not checked')
    expect(stdout).toMatch(/expires +2100-01-01 00:00:00 UTC, in \d+ d/)
    expect(stdout).toContain('"sub": "me"')
    const json = JSON.parse((await evergrant(['inspect', '--json', jwt])).stdout)
    expect(json).toMatchObject({
      form: 'jwt',
      expiresAt: 4_102_444_800_000,
      facts: { claims: { sub: 'me' } },
    })
  })

  it.each(['abc', 'a.b.c', '1.2.3', `${'x'.repeat(2_000)}`, 'eyJhbGciOiJub25lIn0.bm90IGpzb24.'])(
    'calls %j opaque',
    async token => {
      const { code, stdout } = await evergrant(['inspect', token])
      expect([code, stdout]).toEqual([0, expect.stringContaining('opaque')])
    },
  )

  it('needs something to inspect, and copes with dates beyond all calendars', async () => {
    expect((await evergrant(['inspect', '-'], { stdin: ' \n' })).code).toBe(2)
    expect((await evergrant(['inspect'])).code).toBe(2)
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { stdout } = await evergrant(['inspect', `${part({ alg: 'none' })}.${part({ exp: 1e300 })}.`])
    expect(stdout).toContain('beyond all calendars')
  })
})

describe('evergrant call', () => {
  it('makes an authorized call', async () => {
    const { code, stdout, stderr } = await evergrant([
      'call',
      '--sandbox-url',
      sandbox.url,
      TRANSLATION,
      '-d',
      WORD,
    ])
    expect([code, JSON.parse(stdout).result.trans_result]).toEqual([0, [{ src: '你好', dst: 'Hello' }]])
    expect(stderr).not.toMatch(/24\./)
  })

  it('takes the body from standard input, headers and a method', async () => {
    const args = [
      'call',
      '--sandbox',
      TRANSLATION,
      '-X',
      'POST',
      '-H',
      'Content-Type: application/json',
      '-d',
      '-',
    ]
    expect((await evergrant(args, { stdin: WORD })).stdout).toContain('Hello')
    const form = [
      'call',
      '--sandbox',
      'https://aip.baidubce.com/rest/2.0/ocr/v1/general_basic',
      '-d',
      'image=x',
    ]
    expect((await evergrant(form)).stdout).toContain('words_result')
  })

  it('replaces a token that the API rejects, and repeats the call once', async () => {
    sandbox.faultApi(110)
    const args = ['call', '--sandbox-url', sandbox.url, TRANSLATION, '-d', WORD]
    expect((await evergrant(args)).stdout).toContain('Hello')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 2, apiCalls: 2 })
    sandbox.faultApi(110, 9)
    expect((await evergrant(args)).code).toBe(8)
    expect(sandbox.counts.apiCalls).toBe(4)
  })

  it("explains the platform's errors, in English or Chinese", async () => {
    sandbox.faultApi(18, 2)
    const args = ['call', '--sandbox-url', sandbox.url, TRANSLATION, '-d', WORD]
    const english = await evergrant(args)
    expect([english.code, english.stdout]).toEqual([8, expect.stringContaining('"error_code":18')])
    expect(english.stderr).toContain('the API answered with 18. More requests per second')
    expect(english.stderr).toContain('what to do: Slow down')
    expect((await evergrant(args, { env: { LC_ALL: 'zh_TW' } })).stderr).toContain('请降低并发')
    sandbox.faultApi(424_242)
    expect((await evergrant(args)).stderr).toContain('the API answered with 424242.')
  })

  it.each([
    ['no URL at all', ['not a url'], 'this is not a URL'],
    ['a URL in clear', ['http://aip.baidubce.com/x'], 'over https only'],
    ['a stranger', ['https://evil.example/x'], "not one of Baidu's hosts; --allow-host evil.example"],
    [
      'a host that only looks like Baidu',
      ['https://baidubce.com.evil.example/x'],
      "not one of Baidu's hosts",
    ],
    ['a token of its own', [`${TRANSLATION}?access_token=x`], 'has an access_token already'],
    ['half a header', [TRANSLATION, '-H', 'nonsense', '--sandbox'], 'a header is written as'],
  ])('shows no token to %s', async (_, args, words) => {
    const { code, stderr } = await evergrant(['call', ...args], { env: KEYS })
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  })

  it('reports a plain HTTP error too', async () => {
    const server = createServer((request, response) => {
      const isToken = request.url?.startsWith('/oauth/')
      response
        .writeHead(isToken ? 200 : 404)
        .end(isToken ? '{"access_token":"24.x","expires_in":60}' : '{"no":1}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const { code, stdout, stderr } = await evergrant([
      'call',
      '--sandbox-url',
      `http://127.0.0.1:${port}`,
      TRANSLATION,
    ])
    expect([code, stdout]).toEqual([8, '{"no":1}'])
    expect(stderr).toContain('the API answered with HTTP 404.')
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
})

describe('evergrant', () => {
  it('has help that is worth reading, for itself and every command', async () => {
    const { code, stdout } = await evergrant(['--help'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('Exit codes:')])
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+) .* {2}\S/gm)].map(([, name]) => name ?? '')
    expect(commands).toEqual(expect.arrayContaining(['token', 'inspect', 'call', 'sandbox', 'bundle']))
    for (const command of commands.filter(name => name !== 'help')) {
      const help = await evergrant([command, '--help'])
      expect([help.code, help.stdout.length > 400]).toEqual([0, true])
      expect(help.stdout).not.toMatch(/default: (\[\]|\{\})/)
      const tooWide = help.stdout.split('\n').filter(line => line.length > 80)
      expect(tooWide, `lines of "${command} --help" that 80 columns do not hold`).toEqual([])
    }
    const spans = await evergrant(['bundle', 'create', '--help'])
    expect(spans.stdout).toContain('(default: 24h)')
    expect((await evergrant(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('suggests what was meant, and answers wrong usage with 2', async () => {
    const { code, stderr } = await evergrant(['tokn'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean token?')])
    expect((await evergrant(['token', '--json', '--curl', '--sandbox'])).code).toBe(2)
    const bogus = await evergrant(['token', '--bogus'])
    expect([bogus.code, bogus.stderr]).toEqual([2, "evergrant: unknown option '--bogus'\n"])
    const nowhere = await evergrant(['token', '--sandbox-url', 'nonsense'])
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('no http or https URL')])
    const port = await evergrant(['sandbox', '--port', '99999'])
    expect([port.code, port.stderr]).toEqual([2, expect.stringContaining('from 0 to 65535')])
  })
})

describe('the program', () => {
  function start(args: string[]): {
    child: ChildProcess
    until: (words: string) => Promise<string>
    ended: Promise<number>
  } {
    const child = spawn(process.execPath, ['--conditions=evergrant-source', MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    const waiting: (() => void)[] = []
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        text += chunk
        for (const check of waiting) check()
      })
    }
    const until = (words: string) =>
      new Promise<string>(resolve => {
        const check = () => text.includes(words) && resolve(text)
        waiting.push(check)
        check()
      })
    const ended = new Promise<number>(resolve =>
      child.on('exit', (code, signal) => resolve(code ?? (signal ? 128 : 0))),
    )
    return { child, until, ended }
  }

  it('runs a sandbox until it is interrupted, and prints what it is asked', async () => {
    const { child, until, ended } = start([
      'sandbox',
      '--port',
      '0',
      '--lifetime-seconds',
      '60',
      '--qps',
      '5',
    ])
    const text = await until('try ')
    for (const key of [SANDBOX_APP.apiKey, SANDBOX_APP.accessKeyId, SANDBOX_APP.bearerKey]) {
      expect(text).toContain(key)
    }
    const url = /URL +(\S+)/.exec(text)?.[1] ?? ''
    const { stdout } = await evergrant(['token', '--sandbox-url', url, '--json'])
    expect(JSON.parse(stdout).expires_in).toBeLessThanOrEqual(60)
    await until('/oauth/2.0/token token')
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  it('says so when the port of the sandbox is taken', async () => {
    const { until, ended } = start(['sandbox', '--port', new URL(sandbox.url).port])
    await until('is taken; choose another with --port')
    expect(await ended).toBe(2)
  })

  it('ends when the store cannot be asked for a sign-in', async () => {
    const { until, ended } = start(['token', '--store', 'redis://127.0.0.1:1'])
    await until('store_unreachable')
    expect(await ended).toBe(5)
  })

  it('ends quietly when its reader has seen enough', async () => {
    const { child, ended } = start(['--help'])
    child.stdout?.destroy()
    expect(await ended).toBe(0)
  })
})
