import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type WireBehaviour, wireServer } from '../src/index.ts'

const REQUEST = 'POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc'

/** How often a condition is looked at. */
const SOON = { interval: 5, timeout: 10_000 }

/** What a client sees of a server that does not keep it waiting: the bytes, and how the connection ended. */
async function talk(behaviour: WireBehaviour): Promise<{ text: string; end: string; requests: string[] }> {
  const server = await wireServer(behaviour)
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  const end = await new Promise<string>(resolve => {
    socket.on('data', chunk => {
      text += chunk
      if (text.length > 1_000_000) resolve('endless')
      if (/\r\n\r\nx{3}$/.test(text)) resolve('dripping')
    })
    socket.on('end', () => resolve('end'))
    socket.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? ''))
    socket.write(REQUEST.slice(0, 30))
    socket.write(REQUEST.slice(30))
  })
  socket.destroy()
  await server.close()
  return { text, end, requests: server.requests }
}

describe('the wire server', () => {
  it('reads a whole request before it answers', async () => {
    const seen = await talk({ respond: 'HTTP/1.1 200 OK\r\n\r\nhello' })
    expect(seen).toEqual({ text: 'HTTP/1.1 200 OK\r\n\r\nhello', end: 'end', requests: [REQUEST] })
  })

  it.each([
    ['reset_on_accept', 'ECONNRESET', 0],
    ['reset_on_request', 'ECONNRESET', 1],
    ['half_answer', 'end', 1],
    ['drip', 'dripping', 1],
    ['endless', 'endless', 1],
  ] as const)('%s', async (behaviour, end, requests) => {
    const seen = await talk(behaviour)
    expect([seen.end, seen.requests.length]).toEqual([end, requests])
  })

  it.each([
    ['silence', /^$/],
    ['stalled_body', /\r\n\r\n\{"access_token":$/],
  ] as const)('%s leaves the connection open: what else is sent is read', async (behaviour, answer) => {
    const server = await wireServer(behaviour)
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    let ended = false
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('end', () => {
      ended = true
    })
    socket.write(REQUEST)
    await expect.poll(() => [server.requests.length, answer.test(text)], SOON).toEqual([1, true])
    // It would have answered or closed by the time at which it has read this one.
    server.behave('silence')
    socket.write(REQUEST)
    await expect.poll(() => server.requests.length, SOON).toBe(2)
    expect([text, ended]).toEqual([expect.stringMatching(answer), false])
    socket.destroy()
    await server.close()
  })
})
