import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PLATFORM_APP, type PlatformName, type PlatformSandbox, platformSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant } from './support/command-line.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** An API of each platform, and the variables that its keys are in. */
const PLATFORMS = [
  ['wechat', 'https://api.weixin.qq.com/cgi-bin/get_api_domain_ip', 'WECHAT_APP_ID', 'WECHAT_APP_SECRET'],
  ['wecom', 'https://qyapi.weixin.qq.com/cgi-bin/get_api_domain_ip', 'WECOM_CORP_ID', 'WECOM_CORP_SECRET'],
  ['feishu', 'https://open.feishu.cn/open-apis/bot/v3/info', 'FEISHU_APP_ID', 'FEISHU_APP_SECRET'],
  ['dingtalk', 'https://api.dingtalk.com/v1.0/robot/ping', 'DINGTALK_APP_KEY', 'DINGTALK_APP_SECRET'],
] as const satisfies readonly (readonly [PlatformName, string, string, string])[]

let home: string
let sandbox: PlatformSandbox | undefined
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'evergrant-providers-'))
})
afterEach(async () => {
  await sandbox?.close()
  await rm(home, { recursive: true })
})

async function runningSandbox(name: PlatformName): Promise<PlatformSandbox> {
  sandbox = await platformSandbox(name)
  return sandbox
}

describe.each(PLATFORMS)('with --provider %s', (name, api, idVariable, secretVariable) => {
  const command = (...args: string[]) => evergrant(args, { env: { HOME: home } })

  it('a token is printed, and nothing else', async () => {
    const { code, stdout, stderr } = await command('token', '--provider', name, '--sandbox')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^[\w-]{64,}\n$/)])
    expect(stderr).toContain('worth nothing anywhere else')
  })

  it('a call is made with the token where the platform wants it', async () => {
    const { code, stdout } = await command('call', '--provider', name, '--sandbox', api)
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.any(Object)])
    expect(stdout).not.toMatch(/errcode":[1-9]|"code":[1-9"]/)
  })

  it('a token that the platform has ended is replaced, and the call made again', async () => {
    const running = await runningSandbox(name)
    const args = ['call', '--provider', name, '--sandbox-url', running.url, '--store', home, api]
    await command(...args)
    running.revoke()
    expect((await command(...args)).code).toBe(0)
    expect([running.counts.tokensIssued, running.counts.apiCalls]).toEqual([2, 3])
    expect(running.requests.map(({ outcome }) => outcome).filter(outcome => outcome === 'ok')).toHaveLength(2)
  })

  it('what to set is said where there are no keys', async () => {
    const { code, stdout, stderr } = await command('token', '--provider', name)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain(`${idVariable} is not set`)
    expect(stderr).toContain(`Set ${idVariable} and ${secretVariable}`)
  })

  it('no token is shown to a stranger', async () => {
    const env = { HOME: home, [idVariable]: 'id', [secretVariable]: 'secret' }
    const { code, stderr } = await evergrant(
      ['call', '--provider', name, 'https://evil.example/', '--store', 'memory'],
      { env },
    )
    expect([code, stderr]).toEqual([2, expect.stringMatching(/evil\.example is not one of \w+'s hosts/)])
  })
})

describe('the header field that carries a token', () => {
  it.each([
    ['feishu', /^Authorization: Bearer t-\w+\n$/],
    ['dingtalk', /^x-acs-dingtalk-access-token: \w+\n$/],
  ] as const)('is that of %s', async (name, line) => {
    const { stdout } = await evergrant(['token', '--provider', name, '--sandbox', '--header'], {
      env: { HOME: home },
    })
    expect(stdout).toMatch(line)
  })

  it.each(['wechat', 'wecom'])('is none at %s, which wants it in the query', async name => {
    const { code, stderr } = await evergrant(['token', '--provider', name, '--sandbox', '--header'], {
      env: { HOME: home },
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining('take the token in the query')])
  })
})

describe('an error of a platform', () => {
  it('is shown as it came, with its code and what to do', async () => {
    const body = '{"errcode":48001,"errmsg":"api unauthorized"}'
    const server = createServer(({ url }, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(url?.includes('stable_token') ? '{"access_token":"T","expires_in":7200}' : body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, stdout, stderr } = await evergrant(
      ['call', '--provider', 'wechat', '--sandbox-url', url, 'https://api.weixin.qq.com/cgi-bin/x'],
      { env: { HOME: home } },
    )
    server.close()
    server.closeAllConnections()
    expect([code, stdout]).toEqual([8, body])
    expect(stderr).toContain('the API answered with 48001')
    expect(stderr).toContain('the server said: api unauthorized')
    expect(stderr).toContain('what to do: The account may not use this API')
  })
})

describe('evergrant sandbox --provider', () => {
  it('runs a stand-in for that platform, with its keys and controls, until it is interrupted', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=evergrant-source', MAIN, 'sandbox', '--provider', 'wechat', '--port', '0'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let printed = ''
    const ready = new Promise<string>(resolve => {
      child.stdout.on('data', chunk => {
        printed += chunk
        const url = /--sandbox-url (http:\S+)/.exec(printed)?.[1]
        if (url !== undefined) resolve(url)
      })
    })
    const gone = new Promise<number | null>(resolve => child.once('exit', resolve))
    try {
      const url = await ready
      expect(printed).toMatch(new RegExp(`WECHAT_APP_ID +${PLATFORM_APP.id}`))
      const token = () =>
        evergrant(['token', '--provider', 'wechat', '--sandbox-url', url], { env: { HOME: home } })
      const post = (verb: string, body: object) =>
        fetch(`${url}/sandbox/${verb}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      const first = await token()
      expect(await (await post('revoke', {})).json()).toMatchObject({ tokensIssued: 1 })
      expect((await token()).stdout).not.toBe(first.stdout)
      expect((await post('fault', { fault: 'limit' })).status).toBe(200)
      expect((await token()).stderr).toContain('45011')
    } finally {
      child.kill('SIGINT')
    }
    expect(await gone).toBe(0)
  })

  it('has no limit of calls to set but Baidu', async () => {
    const { code, stderr } = await evergrant(['sandbox', '--provider', 'feishu', '--qps', '2'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('--qps is for the sandbox of Baidu')])
  })
})

describe('evergrant scopes', () => {
  const scopes = (...args: string[]) => evergrant(['scopes', ...args], { env: { HOME: home } })

  it('tells what was granted, what for, and what calls need of it', async () => {
    const { code, stdout } = await scopes('--sandbox', 'https://vop.baidu.com/server_api')
    expect(code).toBe(0)
    expect(stdout).toMatch(/✓ audio_voice_assistant_get +granted and needed: speech recognition/)
    expect(stdout).toMatch(/· brain_all_scope +granted: the AI APIs/)
  })

  it('ends with code 3 and what to do when something is needed that was not granted', async () => {
    const { code, stdout, stderr } = await scopes(
      '--sandbox',
      '--json',
      'https://vop.baidu.com/pro_api',
      '--needs',
      'public',
    )
    expect([code, JSON.parse(stdout)]).toEqual([
      3,
      {
        used: ['public'],
        unused: expect.arrayContaining(['brain_all_scope']),
        missing: ['brain_enhanced_asr'],
      },
    ])
    expect(stderr).toContain('brain_enhanced_asr is for fast speech recognition')
  })

  it('says that nobody has said anything where there are no scopes', async () => {
    const { code, stdout } = await scopes('--provider', 'wechat', '--sandbox', '--needs', 'anything')
    expect([code, stdout]).toEqual([0, 'Nobody has said which scopes this token has.\n'])
  })
})

describe('evergrant call --requires', () => {
  it('makes no call whose token lacks the scope, and says how to get it', async () => {
    const { code, stdout, stderr } = await evergrant(
      ['call', '--sandbox', '--requires', 'brain_enhanced_asr', 'https://vop.baidu.com/pro_api'],
      { env: { HOME: home } },
    )
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('insufficient_scope')
    expect(stderr).toContain('enable it for the application in the console')
  })
})
