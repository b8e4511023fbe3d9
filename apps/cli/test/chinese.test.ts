import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { EvergrantError, FAILURE_CODES, fail } from '@evergrant/core'
import { FAILURE_GUIDE } from '@evergrant/core/guides'
import { type BaiduSandbox, baiduSandbox, wireServer } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adviceInChinese, inChinese } from '../src/chinese/failure-text.ts'
import { reportFailure } from '../src/failure-report.ts'
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

const inLocale = (args: readonly string[], LANG: string) => evergrant(args, { env: { HOME: folder, LANG } })
const stderrOf = async (...args: string[]) => (await inLocale(args, 'zh_CN.UTF-8')).stderr

/** What is English, and no name of an option, a variable, a header or a code. */
const ENGLISH =
  /what to do|the server said|HTTP status:|not before|note:|worth nothing|the API answered|granted/

describe('whoever reads Chinese', () => {
  it('is told in Chinese what a code means and what to do, and in English what else there is', async () => {
    expect(await stderrOf('token')).toMatch(
      /^evergrant: secret_unavailable: 无法读取所需的 id、密钥或密钥文件。\n {2}详情：BAIDU_API_KEY is not set\.\n {2}处理办法：请将 BAIDU_API_KEY .*\n$/,
    )
    const { stderr } = await inLocale(['token'], 'en_GB.UTF-8')
    expect(stderr).toContain('secret_unavailable: BAIDU_API_KEY is not set.\n  what to do: Set BAIDU_API_KEY')
    expect(stderr).not.toMatch(/[一-鿿]/)
  })

  it('reads what a server has said below a label of the same language', async () => {
    const answer = '{"error":"invalid_client","error_description":"unknown client id"}'
    const respond = `HTTP/1.1 401 No\r\ncontent-type: application/json\r\n\r\n${answer}`
    const refusing = await wireServer({ respond })
    const args = ['token', '--sandbox-url', `http://127.0.0.1:${refusing.port}`]
    const refused = await stderrOf(...args)
    expect(refused).toContain('\n  服务器返回：unknown client id\n')
    expect(refused).toContain('\n  处理办法：')
    expect(refused).toContain('\n  HTTP 状态码：401\n')
    expect(refused).not.toMatch(ENGLISH)
    refusing.behave({ respond: 'HTTP/1.1 503 Busy\r\nretry-after: 7\r\n\r\n' })
    const busy = await stderrOf(...args)
    expect(busy).toContain('处理办法：请重新运行该命令。')
    expect(busy).toMatch(/最早重试：\d+ 秒后/)
    expect(busy).not.toMatch(ENGLISH)
    await refusing.close()
  })

  it('reads errors of an API, notes and scopes likewise', async () => {
    sandbox.faultApi(18, 2)
    const url = 'https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1'
    const api = await stderrOf('call', '--sandbox-url', sandbox.url, url, '-d', '{}')
    expect(api).toMatch(/evergrant: API 返回 18。QPS 超限额/)
    expect(api).toContain('\n  处理办法：')
    const store = join(folder, 'open')
    await mkdir(store, { mode: 0o755 })
    const noted = await stderrOf('token', '--sandbox', '--store', store)
    expect(noted).toMatch(/提示：某个选项超出范围，或与其他选项矛盾。（The file store's .*chmod 700 .*）\n/)
    const scopes = await inLocale(['scopes', '--sandbox', '--needs', 'none'], 'zh_CN.UTF-8')
    expect(scopes.stdout).toMatch(/✗ none +需要但未授予\n/)
    expect(scopes.stderr).toContain('处理办法：')
    for (const text of [api, noted, scopes.stdout, scopes.stderr]) expect(text).not.toMatch(ENGLISH)
  })

  it.each(Object.keys(FAILURE_CODES).flatMap(code => (isCode(code) ? [code] : [])))(
    'has a text for %s, and a remedy where the guide has one',
    code => {
      const { meaning, remedy, particulars } = inChinese(fail(code)) ?? {}
      expect(meaning).toMatch(/^[^a-z].*[一-鿿].*。$/)
      expect(particulars).toBeUndefined()
      expect(remedy !== undefined).toBe(
        !FAILURE_GUIDE[code].remedy.startsWith('Nothing') && code !== 'closed',
      )
    },
  )

  it('is told in Chinese what a token says of itself', async () => {
    const token = `24.${'0123456789abcdef'.repeat(2)}.2592000.1702592000.282335-42`
    const { stdout } = await inLocale(['inspect', token], 'zh_CN.UTF-8')
    expect(stdout).toMatch(
      /^形式 {9}百度 AI 开放平台的令牌\n类型 {9}24\n含义 {9}访问令牌\n有效期 {7}30 天\n应用 id {6}42\n签发 {9}\S+ \S+ UTC，.*前\n到期 .*前\n指纹 {9}\w+\n长度 {9}\d+ 个字符\n$/,
    )
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const jwt = `${part({ alg: 'none' })}.${part({ exp: 1e300 })}.`
    expect((await inLocale(['inspect', jwt], 'zh')).stdout).toMatch(/到期 +超出历法范围，/)
    const json = await inLocale(['inspect', '--json', token], 'zh')
    expect(JSON.parse(json.stdout)).toMatchObject({ facts: { meaning: 'access_token', lifetime: '30 d' } })
  })

  it('sees on the dashboard of an agent what a failure is, and what to do', () => {
    const advice = { en: 'Set it.', zh: '请设置。' }
    const missing = fail('secret_unavailable', { message: 'X is not set.', advice })
    expect(adviceInChinese(missing)).toBe('无法读取所需的 id、密钥或密钥文件。（X is not set.）请设置。')
    expect(adviceInChinese(fail('server_error'))).toBe('令牌端点发生内部错误。')
    expect(adviceInChinese({ ...missing, code: '17' })).toBe('请设置。')
    expect(adviceInChinese({ kind: 'retry', code: '17', message: 'As it came.' })).toBeUndefined()
  })

  it('is shown the message of a code that nobody has heard of, as it came', () => {
    const stderr = new PassThrough()
    const error = new EvergrantError({ kind: 'retry', code: 'from_a_server', message: 'As it came.' })
    const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr }
    expect(reportFailure(error, { ...streams, env: { LC_ALL: 'zh_TW' } })).toBe(5)
    expect(String(stderr.read())).toBe('evergrant: from_a_server: As it came.\n')
  })
})

function isCode(code: string): code is keyof typeof FAILURE_CODES {
  return Object.hasOwn(FAILURE_CODES, code)
}
