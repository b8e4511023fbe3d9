import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { fail, type TokenEvent } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toldRefusals } from '../src/admitting.ts'
import { agentWords } from '../src/agent/agent-words.ts'
import { eventLine } from '../src/agent/event-line.ts'
import { columnsOf } from '../src/columns.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const CHINESE = agentWords({ LANG: 'zh_CN.UTF-8' })

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'evergrant-agent-words-'))
})
afterEach(() => rm(home, { recursive: true }))

describe('an agent whose user reads Chinese', () => {
  it('says in Chinese what it is, and what happens', async () => {
    const args = ['--conditions=evergrant-source', MAIN, 'agent', '--sandbox', '--port', '0']
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH ?? '', HOME: home, LANG: 'zh_CN.UTF-8' },
    })
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      if (/Z .*\n/.test(text)) child.kill('SIGTERM')
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(text).toMatch(/^代理已就绪；按 Ctrl-C 结束。\n令牌所属 {5}Baidu\n套接字 {7}\//)
    expect(text).toMatch(/^密钥 {9}位于 .*agent\.key$/m)
    expect(text).toMatch(/Z 获得新令牌，有效期 29 天 23 小时\n$|Z 获得新令牌，有效期 30 天\n$/)
    const names = text
      .split('\n')
      .flatMap(line => /^(\S+ *) (?:\S*位于|Baidu|http|curl|\/)/.exec(line)?.[1] ?? [])
    expect(names).toHaveLength(8)
    for (const name of names) expect(columnsOf(name)).toBe(12)
  })

  it('is told who was turned away', () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
    toldRefusals({ ...streams, env: { LANG: 'zh_CN.UTF-8' } })('192.0.2.1')
    expect(String(streams.stderr.read())).toBe(
      '提示：已拒绝来自 192.0.2.1 的连接；加上 --allow 192.0.2.1 即可放行\n',
    )
  })

  it('is told of failures as elsewhere', () => {
    const about = { at: 1, provider: 'p', grant: 'g' }
    const failure = fail('transport_failed', { message: 'h did not answer.' })
    const failed: TokenEvent = { ...about, type: 'renewal.failed', failure, attempts: 1, until: 2 }
    expect(eventLine(failed, CHINESE)?.[1]).toBe(
      '未获得令牌（transport_failed）：无法连接服务器，或连接中断。（h did not answer.）',
    )
    expect(CHINESE.noTokenYet(CHINESE.why(fail('invalid_client')))).toBe(
      '尚无令牌，每 10 秒重试一次：invalid_client：令牌端点不接受该客户端 id 或密钥。',
    )
  })
})
