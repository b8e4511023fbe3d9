import { baidu } from '@evergrant/provider-baidu'
import { baiduApi } from '@evergrant/provider-baidu/calls'
import { fetchTransport, tokenSource } from '@evergrant/runtime'
import { authorizedFetch, callGuard } from '@evergrant/runtime/calls'
import { Redis } from 'ioredis'
import { redisLimiter } from '../../src/index.ts'

// One process of a fleet: makes calls to a sandbox as fast as the limit of all lets it, and prints how they ended.

const [redis = '', sandbox = '', id = '', secret = '', perSecond = '1', calls = '1'] = process.argv.slice(2)
const source = tokenSource({
  provider: baidu({ endpoint: `${sandbox}/oauth/2.0/token` }),
  client: { id, secret },
  transport: fetchTransport({ allowInsecureLoopback: true }),
})
const limiter = redisLimiter({
  client: new Redis(redis, { lazyConnect: true }),
  perSecond: Number(perSecond),
  // The machine that tests run on is often busy with other tests.
  timeoutMs: 10_000,
})
let exceeded = 0
const guard = callGuard({
  limiter,
  waitMsMax: 60_000,
  apiOf: () => 'account',
  onEvent: ({ type }) => {
    if (type === 'limit.exceeded') exceeded += 1
  },
})
const call = authorizedFetch(source, baiduApi({ origins: [sandbox] }), { guard, retryUnsafe: true })
const body = JSON.stringify({ q: '你好', from: 'zh', to: 'en' })
const headers = { 'content-type': 'application/json' }
const translate = async () => {
  const answer = await call(`${sandbox}/rpc/2.0/mt/texttrans/v1`, { method: 'POST', headers, body })
  return answer.json()
}
await source.token()
const outcomes = await Promise.allSettled(Array.from({ length: Number(calls) }, translate))
const answered = outcomes.filter(({ status }) => status === 'fulfilled').length
await limiter.close()
await source.close()
process.stdout.write(JSON.stringify({ answered, exceeded }))
