import { tokenAgent } from '@evergrant/agent'
import { baidu } from '@evergrant/provider-baidu'
import { fetchTransport, tokenSource } from '@evergrant/runtime'
import { baiduSandbox } from '@evergrant/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium, NO_CHROMIUM } from '../src/chromium.ts'

const CHROMIUM = chromiumPath()
const VIEW_KEY = 'v'.repeat(24)

/** An agent whose token has been rejected once, and the link to its dashboard. */
async function agentOverSandbox(): Promise<{
  link: string
  token: string
  [Symbol.asyncDispose](): Promise<void>
}> {
  const sandbox = await baiduSandbox()
  const source = tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint }),
    client: { id: sandbox.app.apiKey, secret: sandbox.app.secretKey },
    transport: fetchTransport({ allowInsecureLoopback: true }),
  })
  const agent = tokenAgent({ grants: { default: { source, label: 'Baidu' } } })
  source.reject(await source.token())
  const { accessToken } = await source.token()
  const url = await agent.listenOnPort({ port: 0, key: 'k'.repeat(40), viewKey: VIEW_KEY })
  return {
    link: `${url}/#${VIEW_KEY}`,
    token: accessToken,
    async [Symbol.asyncDispose]() {
      await agent.close()
      await source.close()
      await sandbox.close()
    },
  }
}

describe('the dashboard of an agent, in a browser', () => {
  let chromium: Browser | undefined
  beforeAll(async () => {
    chromium = CHROMIUM === undefined ? undefined : await launchChromium(CHROMIUM)
  })
  afterAll(() => chromium?.close())
  beforeEach(({ skip }) => skip(chromium === undefined, NO_CHROMIUM))

  async function open(locale: string): Promise<Page> {
    const context = await (chromium as Browser).newContext({ locale, timezoneId: 'Asia/Shanghai' })
    return context.newPage()
  }

  it.each([
    ['en-US', 'fresh', 'an API rejected the token'],
    ['zh-CN', '有效', '接口拒绝了令牌'],
  ])(
    'shows how the token is, in %s, and takes the key out of the address',
    async (locale, fresh, rejected) => {
      await using agent = await agentOverSandbox()
      const page = await open(locale)
      const complaints: string[] = []
      page.on('console', message => complaints.push(message.text()))
      page.on('pageerror', error => complaints.push(String(error)))
      await page.goto(agent.link)
      await page.getByText(fresh, { exact: true }).waitFor()
      await page.getByText(rejected).waitFor()
      expect(await page.locator('svg.life rect.left').getAttribute('width')).toMatch(/^99\.\d\d%$|^100\.00%$/)
      expect(page.url()).not.toContain(VIEW_KEY)
      expect(await page.content()).not.toContain(agent.token)
      await page.reload()
      await page.getByText(fresh, { exact: true }).waitFor()
      expect(complaints).toEqual([])
    },
  )

  it('tells whoever comes without the key how to come with it', async () => {
    await using agent = await agentOverSandbox()
    const page = await open('en-US')
    await page.goto(new URL('/', agent.link).href)
    await page.getByText('Open the link that the agent prints').waitFor()
    expect(await page.locator('article').count()).toBe(0)
    // As when the link of a new agent is opened in a tab that shows the old one's.
    await page.evaluate(`location.hash = ${JSON.stringify(VIEW_KEY)}`)
    await page.locator('article').waitFor()
    expect(page.url()).not.toContain(VIEW_KEY)
  })
})
