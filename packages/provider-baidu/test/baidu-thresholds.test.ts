import { fetchTransport, tokenSource } from '@evergrant/runtime'
import { type Anomaly, type AnomalyWatch, watchAnomalies } from '@evergrant/runtime/anomalies'
import { authorizedFetch } from '@evergrant/runtime/calls'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  AI_ERRORS,
  baiduApi,
  CLASSIC_ERRORS,
  explainBaiduError,
  PLATFORM_ERRORS,
  RECOGNITION_ERRORS,
} from '../src/calls.ts'
import { BAIDU_THRESHOLDS, baidu } from '../src/index.ts'

let sandbox: BaiduSandbox

beforeEach(async () => {
  sandbox = await baiduSandbox()
})
afterEach(() => sandbox.close())

/** Calls that are watched, and what was told of them. */
function watched(): {
  readonly call: () => Promise<unknown>
  readonly told: Anomaly[]
  readonly watch: AnomalyWatch
} {
  const { apiKey, secretKey } = sandbox.app
  const source = tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint }),
    client: { id: apiKey, secret: secretKey },
    transport: fetchTransport({ allowInsecureLoopback: true }),
  })
  const told: Anomaly[] = []
  const watch = watchAnomalies(source, {
    thresholds: BAIDU_THRESHOLDS,
    onAnomaly: anomaly => told.push(anomaly),
  })
  const call = authorizedFetch(source, baiduApi({ origins: [sandbox.url] }), { onEvent: watch.see })
  const body = JSON.stringify({ q: '你好', from: 'zh', to: 'en' })
  const headers = { 'content-type': 'application/json' }
  const translate = () => call(`${sandbox.url}/rpc/2.0/mt/texttrans/v1`, { method: 'POST', headers, body })
  return { call: () => translate().catch(() => undefined), told, watch }
}

describe('an anomaly watch that knows the platform', () => {
  it('tells that the quota of the day is used up', async () => {
    const { call, told } = watched()
    await call()
    sandbox.faultApi(17)
    await call()
    expect(told).toMatchObject([{ type: 'anomaly.quota_refused', server: 'baidu', code: '17' }])
  })

  it('tells of a key that is refused again and again', async () => {
    const { call, told } = watched()
    sandbox.faultApi(14, 3)
    for (let i = 0; i < 3; i++) await call()
    expect(told).toMatchObject([{ type: 'anomaly.credentials_failing', failures: 3, code: '14', by: 'api' }])
  })

  it('knows only codes that the tables have, and means by them what they mean', () => {
    const tables = { ...RECOGNITION_ERRORS, ...CLASSIC_ERRORS, ...PLATFORM_ERRORS, ...AI_ERRORS }
    const meaning = (code: string) => explainBaiduError(code)?.meaning.en ?? tables[Number(code)]?.meaning.en
    for (const code of BAIDU_THRESHOLDS.credentialCodes) expect(meaning(code)).toMatch(/key|IAM/i)
    for (const code of BAIDU_THRESHOLDS.quotaCodes) expect(meaning(code)).toMatch(/quota|limit|calls/i)
  })
})
