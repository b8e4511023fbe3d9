import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant } from './support/command-line.ts'

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

const wrongUsage = (words: string) => [2, '', expect.stringContaining(words)]

async function outcomeOf(...args: string[]): Promise<[number, string, string]> {
  const { code, stdout, stderr } = await evergrant(args, { env: { HOME: folder } })
  return [code, stdout, stderr]
}

describe('a call of a sandbox', () => {
  const WORD = ['-d', '{"q":"你好","from":"zh","to":"en"}']
  const PATH = '/rpc/2.0/mt/texttrans/v1'

  it.each([
    [
      'https://evil.example/x',
      [],
      "evil.example is not one of Baidu's hosts; --allow-host evil.example allows it",
    ],
    ['http://aip.baidubce.com/x', [], 'a token is sent over https only'],
    ['http://evil.example/x', ['--allow-host', 'evil.example'], 'a token is sent over https only'],
  ])('is refused where the call itself would be: %s', async (url, more, words) => {
    for (const which of [['--sandbox'], ['--sandbox-url', sandbox.url]]) {
      expect(await outcomeOf('call', ...which, url, ...more)).toEqual(wrongUsage(words))
    }
    expect(sandbox.counts).toMatchObject({ tokenRequests: 0, apiCalls: 0 })
  })

  it('goes to the sandbox from each host that may be shown a token, and from the sandbox itself', async () => {
    for (const origin of ['https://aip.baidubce.com', 'https://more.example', sandbox.url]) {
      const args = ['--sandbox-url', sandbox.url, '--allow-host', 'more.example', ...WORD]
      const [code, stdout] = await outcomeOf('call', `${origin}${PATH}`, ...args)
      expect([code, stdout]).toEqual([0, expect.stringContaining('Hello')])
    }
  })
})

describe('a sandbox that runs', () => {
  it.each(['0', '0.5', '-1', 'soon', ''])('has no tokens that live for %j seconds', async lifetime => {
    // The address is taken: what is not refused ends here, too.
    const args = ['sandbox', '--port', new URL(sandbox.url).port, '--lifetime-seconds', lifetime]
    expect(await outcomeOf(...args)).toEqual(wrongUsage('It must be a whole number of at least 1.'))
  })
})

describe('an embedded sandbox', () => {
  it('gives no curl command, for it has ended by the time that anybody could run it', async () => {
    const refused = await outcomeOf('token', '--sandbox', '--curl')
    expect(refused).toEqual(wrongUsage('run "evergrant sandbox", and name it with --sandbox-url'))
    expect(refused[2]).not.toContain('sandbox at')
    expect((await outcomeOf('token', '--sandbox-url', sandbox.url, '--curl'))[0]).toBe(0)
  })

  it.each(['token', 'call', 'scopes', 'bundle create'])(
    'is not named beside what it has of its own: %s',
    async command => {
      const names = command.split(' ')
      const needed = { call: ['https://aip.baidubce.com/x'], create: ['--out', 'b', '--sign', 'k', '--yes'] }
      const args = [...names, ...(Object.entries(needed).find(([name]) => names.includes(name))?.[1] ?? [])]
      const another = ['--sandbox-url', sandbox.url]
      for (const option of [
        ['--endpoint', 'x'],
        ['--api-key-file', 'x'],
        ['--secret-key-file', 'x'],
        another,
      ]) {
        expect(await outcomeOf(...args, '--sandbox', ...option)).toEqual(
          wrongUsage(`'--sandbox' cannot be used with option '${option[0]} `),
        )
      }
      expect(await outcomeOf(...args, ...another, '--endpoint', 'x')).toEqual(
        wrongUsage("'--sandbox-url <url>' cannot be used with option '--endpoint "),
      )
    },
  )

  it('takes a keyring only beside a store that it could seal', async () => {
    const ring = join(folder, 'ring')
    await evergrant(['keygen', ring], { env: { HOME: folder } })
    for (const which of [['--sandbox'], ['--sandbox-url', sandbox.url]]) {
      const args = ['token', ...which, '--keyring', ring]
      expect(await outcomeOf(...args)).toEqual(wrongUsage('kept with --store only'))
      expect((await outcomeOf(...args, '--store', join(folder, 'tokens')))[0]).toBe(0)
    }
    // Of the environment, and meant for the grants of the platform.
    const { code } = await evergrant(['token', '--sandbox'], {
      env: { HOME: folder, EVERGRANT_KEYRING: join(folder, 'none') },
    })
    expect(code).toBe(0)
  })
})
