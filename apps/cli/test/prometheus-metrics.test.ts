import { PassThrough, Readable } from 'node:stream'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { prometheusMetrics } from '../src/agent/prometheus-metrics.ts'
import { type Connection, connect } from '../src/connection.ts'

let sandbox: BaiduSandbox
let connections: Connection[]

beforeEach(async () => {
  sandbox = await baiduSandbox()
  connections = []
})
afterEach(async () => {
  await Promise.all(connections.map(connection => connection.close()))
  await sandbox.close()
})

async function grantOf(name: string) {
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() }
  const connection = await connect({ sandboxUrl: sandbox.url }, { ...streams, env: {} })
  connections.push(connection)
  return { name, source: connection.source }
}

it('the metrics of an agent name its grants, and tell two of one application apart', async () => {
  const grants = [await grantOf('mine'), await grantOf('theirs')]
  const metrics = prometheusMetrics(grants)
  expect(await metrics.text()).not.toMatch(/^evergrant/m)
  for (const { source } of grants) await source.token()
  await grants[1]?.source.token()
  const text = await metrics.text()
  await metrics.close()
  for (const name of ['mine', 'theirs']) {
    expect(text).toMatch(new RegExp(`^evergrant_renewals_total\\{.*evergrant_name="${name}".*\\} 1$`, 'm'))
    expect(text).toMatch(
      new RegExp(`^evergrant_token_remaining_life\\{.*evergrant_name="${name}".*\\} 259`, 'm'),
    )
  }
  const series = text.split('\n').filter(line => line.startsWith('evergrant'))
  expect(series.filter(line => !line.includes('evergrant_name='))).toEqual([])
  expect(text.match(/^# TYPE evergrant_renewals_total /gm)).toHaveLength(1)
})
