import { once } from 'node:events'
import { get } from 'node:http'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { baiduSandbox, type ListenOptions, platformSandbox } from '../src/index.ts'

/** What a request from an address of this machine is answered with, or how it fails. */
async function ask(url: string, from: string, host?: string): Promise<number | string> {
  const request = get(url, {
    localAddress: from,
    agent: false,
    ...(host !== undefined && { headers: { host } }),
  })
  return once(request, 'response').then(
    ([response]) => {
      response.resume()
      return response.statusCode
    },
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )
}

/** An address of this machine that others can reach. */
const OUTER = Object.values(networkInterfaces())
  .flatMap(each => each ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

describe.each([
  ['the Baidu sandbox', baiduSandbox],
  ['the sandbox of a platform', (options: ListenOptions) => platformSandbox('wechat', options)],
])('%s', (_, start) => {
  it('closes connections unread that nobody allows, counts them, and tells of them', async () => {
    const told: string[] = []
    const sandbox = await start({ allow: ['127.0.0.1'], onRefused: address => told.push(address) })
    expect(await ask(sandbox.url, '127.0.0.1')).toBeTypeOf('number')
    expect(await ask(sandbox.url, '127.0.0.2')).toBe('ECONNRESET')
    expect([sandbox.refused, told, sandbox.requests.length]).toEqual([1, ['127.0.0.2'], 1])
    await sandbox.close()
  })

  it.skipIf(OUTER === undefined)(
    'admits this machine alone, also where it listens on all addresses',
    async () => {
      const outer = OUTER ?? ''
      const closed = await start({ host: '0.0.0.0' })
      const { port } = new URL(closed.url)
      expect(await ask(closed.url, '127.0.0.1')).toBeTypeOf('number')
      expect(await ask(`http://${outer}:${port}`, outer)).toBe('ECONNRESET')
      await closed.close()
      const open = await start({ host: outer, allow: [`${outer}/32`] })
      expect([open.url.includes(outer), await ask(open.url, outer)]).toEqual([true, expect.any(Number)])
      await open.close()
    },
  )

  it('is named by an address where it listens beyond loopback, and never by a foreign name', async () => {
    const here = await start({})
    const all = await start({ host: '0.0.0.0' })
    const statuses = []
    for (const { url } of [here, all])
      for (const host of [
        '127.0.0.1:1',
        '192.0.2.7:8080',
        '[2001:db8::1]',
        'evil.example',
        '192.0.2.7.evil.example',
      ])
        statuses.push((await ask(url, '127.0.0.1', host)) === 403)
    expect(statuses).toEqual([false, true, true, true, true, false, false, false, true, true])
    await Promise.all([here.close(), all.close()])
  })

  it('refuses a range that is none, and listens to nobody then', async () => {
    await expect(start({ allow: ['all'] })).rejects.toThrow('"all" is no range of addresses')
  })
})
