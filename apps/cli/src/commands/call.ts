import { explainBaiduError } from '@evergrant/provider-baidu'
import type { Command } from 'commander'
import {
  type Connection,
  type ConnectionOptions,
  connect,
  usesSandbox,
  withConnection,
} from '../connection.ts'
import { EXIT } from '../exit-code.ts'
import { ReportedError, UsageError } from '../failure-report.ts'
import { painter, readAll, readsChinese, type Terminal, writeLine } from '../terminal.ts'

interface CallOptions extends ConnectionOptions {
  readonly request?: string
  readonly data?: string
  readonly header: readonly string[]
  readonly allowHost: readonly string[]
}

const HELP = `
The token is put into the query as access_token, the way the AI APIs want it, and only for https URLs of
Baidu's hosts; --allow-host adds others. With --sandbox the same URL goes to the sandbox:

  evergrant call --sandbox https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1 \\
    -d '{"q":"你好","from":"zh","to":"en"}'

A token that the API rejects is replaced, and the call repeated once.`

/** Hosts that may be shown a token, each with everything below it. */
const HOSTS: readonly string[] = ['baidubce.com', 'baidu.com']
const ANSWER_TIMEOUT_MS = 60_000

export function addCallCommand(program: Command, terminal: Terminal): void {
  const command = program.command('call').description('make an authorized request to an API')
  withConnection(command)
    .argument('<url>', 'the URL of the API, without a token')
    .option('-X, --request <method>', 'the method; GET, or POST when there is data')
    .option('-d, --data <text>', 'the body: JSON or a form; "-" for standard input')
    .option('-H, --header <line>', 'a header line, as often as needed', collect, [])
    .option('--allow-host <host>', 'a host that may be shown the token, besides those of Baidu', collect, [])
    .addHelpText('after', HELP)
    .action((url: string, options: CallOptions) => call(url, options, terminal))
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function call(address: string, options: CallOptions, terminal: Terminal): Promise<void> {
  const url = parseUrl(address, options)
  const body = options.data === '-' ? await readAll(terminal.stdin) : options.data
  const connection = await connect(options, terminal)
  try {
    const answer = await send(reroute(url, connection), body, options, connection)
    terminal.stdout.write(answer.bytes)
    report(answer, terminal)
  } finally {
    await connection.close()
  }
}

function parseUrl(address: string, options: CallOptions): URL {
  if (!URL.canParse(address)) throw new UsageError(`this is not a URL: ${address}`)
  const url = new URL(address)
  if (url.searchParams.has('access_token')) {
    throw new UsageError('the URL has an access_token already; leave it out, it is added for you')
  }
  if (usesSandbox(options)) return url
  if (url.protocol !== 'https:') throw new UsageError('a token is sent over https only')
  const known = [...HOSTS, ...options.allowHost].some(
    host => url.hostname === host || url.hostname.endsWith(`.${host}`),
  )
  if (!known)
    throw new UsageError(
      `${url.hostname} is not one of Baidu's hosts; --allow-host ${url.hostname} allows it`,
    )
  return url
}

/** The sandbox stands in for every host of Baidu. */
function reroute(url: URL, { sandboxUrl }: Connection): URL {
  return sandboxUrl === undefined ? url : new URL(url.pathname + url.search, sandboxUrl)
}

interface Answer {
  readonly status: number
  readonly bytes: Buffer
  /** The error code of the platform; `undefined` when the answer is none of its errors. */
  readonly errorCode: string | undefined
}

async function send(
  url: URL,
  body: string | undefined,
  options: CallOptions,
  { source }: Connection,
): Promise<Answer> {
  const token = await source.token()
  const answer = await sendOnce(url, body, options, token.accessToken)
  const action = answer.errorCode === undefined ? undefined : explainBaiduError(answer.errorCode)?.action
  if (action !== 'renew') return answer
  source.reject(token)
  return sendOnce(url, body, options, (await source.token()).accessToken)
}

async function sendOnce(
  url: URL,
  body: string | undefined,
  { request, header }: CallOptions,
  accessToken: string,
): Promise<Answer> {
  const target = new URL(url)
  target.searchParams.set('access_token', accessToken)
  const headers = new Headers(header.map(line => splitHeader(line)))
  if (body !== undefined && !headers.has('content-type')) headers.set('content-type', contentTypeOf(body))
  const response = await fetch(target, {
    method: request ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    body: body ?? null,
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, bytes, errorCode: errorCodeOf(bytes) }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new UsageError(`a header is written as "Name: value", not as "${line}"`)
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}

function contentTypeOf(body: string): string {
  return /^\s*[{[]/.test(body) ? 'application/json' : 'application/x-www-form-urlencoded'
}

/** The `error_code` of a JSON answer that is small enough to be an error. */
function errorCodeOf(bytes: Buffer): string | undefined {
  if (bytes.length > 65_536 || bytes[0] !== 0x7b) return undefined
  try {
    const code = (JSON.parse(bytes.toString('utf8')) as { error_code?: unknown }).error_code
    return code === undefined || code === 0 ? undefined : String(code)
  } catch {
    return undefined
  }
}

function report({ status, errorCode }: Answer, { stderr, env }: Terminal): void {
  if (errorCode === undefined && status < 400) return
  const paint = painter(stderr, env)
  const entry = errorCode === undefined ? undefined : explainBaiduError(errorCode)
  const language = readsChinese(env) ? 'zh' : 'en'
  writeLine(stderr)
  writeLine(
    stderr,
    `${paint('red', `evergrant: the API answered with ${errorCode ?? `HTTP ${status}`}.`)} ${entry?.meaning[language] ?? ''}`.trim(),
  )
  if (entry !== undefined) writeLine(stderr, `  what to do: ${entry.remedy[language]}`)
  throw new ReportedError(EXIT.api)
}
