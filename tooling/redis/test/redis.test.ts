import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { anyRedis, clusterRedis, eventually, startServer, tcpProxy } from '../src/index.ts'

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a server', () => {
  it('is there when it is said to be, and gone with its files when it is closed', async () => {
    const server = await startServer()
    const { pid, folder } = server
    expect(await server.ask('PING')).toBe('PONG')
    await server.close()
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false])
  })

  it('restarts on the same port, with what it has saved', async () => {
    const server = await startServer({ config: ['appendonly yes', 'appendfsync always'] })
    const { port } = server
    await server.ask('SET', 'a', 'b')
    await server.kill()
    await server.start()
    expect([server.port, await server.ask('GET', 'a')]).toEqual([port, 'b'])
    await server.close()
  })

  it('that is paused answers when it is resumed', async () => {
    const server = await startServer()
    server.pause()
    let answered = false
    const answer = server.ask('PING').finally(() => {
      answered = true
    })
    // Another one, asked later, answers.
    const other = await startServer()
    expect(await other.ask('PING')).toBe('PONG')
    expect(answered).toBe(false)
    server.resume()
    expect(await answer).toBe('PONG')
    await Promise.all([server.close(), other.close()])
  })

  it('that cannot start says why', async () => {
    await expect(startServer({ config: ['no-such-directive yes'] })).rejects.toThrow(/no-such-directive/)
  })

  it('does not outlive a process that is killed', async () => {
    const program = fileURLToPath(new URL('./programs/abandon-server.ts', import.meta.url))
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const line = await new Promise<string>(resolve =>
      child.stdout.once('data', data => resolve(String(data))),
    )
    const [pid, folder = ''] = line.trim().split(' ')
    expect(isAlive(Number(pid))).toBe(true)
    child.kill('SIGKILL')
    await eventually('the server is gone', () => !isAlive(Number(pid)) && !existsSync(folder))
  })
})

describe('any server', () => {
  it('is the one that the environment names, and is left alone', async () => {
    const server = await startServer()
    process.env.EVERGRANT_TEST_REDIS_URL = server.url
    const any = await anyRedis()
    delete process.env.EVERGRANT_TEST_REDIS_URL
    expect(any.url).toBe(server.url)
    await any.close()
    expect(await server.ask('PING')).toBe('PONG')
    await server.close()
  })
})

describe('a Cluster', () => {
  it('moves a slot with its keys', async () => {
    const cluster = await clusterRedis()
    const { slot, owner } = await cluster.locate('a')
    const [to] = cluster.servers.filter(server => server !== owner)
    if (to === undefined) throw new Error('There is one server only.')
    await owner.ask('SET', 'a', 'b')
    await cluster.beginMove(slot, to)
    expect(await to.ask('GET', 'a').catch(String)).toMatch(/MOVED/)
    await cluster.finishMove(slot, to)
    expect((await cluster.locate('a')).owner).toBe(to)
    expect(await to.ask('GET', 'a')).toBe('b')
    await cluster.close()
  })
})

describe('a proxy', () => {
  it('carries, delays, loses answers, falls silent, refuses and cuts', async () => {
    const server = await startServer()
    const proxy = await tcpProxy(server.port)
    const client = new Redis(proxy.port, '127.0.0.1', { retryStrategy: () => 10, maxRetriesPerRequest: 0 })
    client.on('error', () => undefined)
    expect(await client.set('a', 1)).toBe('OK')
    expect(proxy.sent).toContain('set')
    proxy.replyDelayMs = 30
    const startedAt = performance.now()
    await client.ping()
    expect(performance.now() - startedAt).toBeGreaterThan(25)
    proxy.replyDelayMs = 0

    proxy.loseReplyTo('incr', async () => expect(await server.ask('GET', 'a')).toBe('2'))
    await expect(client.incr('a')).rejects.toThrow()
    expect(await server.ask('GET', 'a')).toBe('2')

    await eventually('it is back', () => client.status === 'ready')
    proxy.mode = 'drop_replies'
    client.incr('a').catch(() => undefined)
    await eventually('it has arrived', async () => (await server.ask('GET', 'a')) === '3')
    proxy.mode = 'blackhole'
    const sent = proxy.sent.length
    client.incr('a').catch(() => undefined)
    await eventually('it is sent', () => proxy.sent.slice(sent).includes('incr'))
    expect(await server.ask('GET', 'a')).toBe('3')

    proxy.refuse(true)
    expect(proxy.open).toBe(0)
    proxy.refuse(false)
    proxy.mode = 'pass'
    await eventually('it is back', () => client.status === 'ready')
    client.disconnect()
    await proxy.close()
    await server.close()
  })
})
