import { type ApiFailure, originTest, type ResourceServer } from '@evergrant/core'
import { baiduApi, explainBaiduError } from '@evergrant/provider-baidu'
import { authorizedFetch } from '@evergrant/runtime'
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
The token is put where the API wants it (the query; body or form for speech), and only for https URLs of
Baidu's hosts; --allow-host adds others. With --sandbox the same URL goes to the sandbox:

  evergrant call --sandbox https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1 \\
    -d '{"q":"你好","from":"zh","to":"en"}'

A token that the API rejects is replaced, and the call repeated once.`

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
  if (originTest(apiOf(options, undefined).origins)(url)) return url
  throw new UsageError(`${url.hostname} is not one of Baidu's hosts; --allow-host ${url.hostname} allows it`)
}

function apiOf({ allowHost }: CallOptions, sandboxUrl: string | undefined): ResourceServer {
  const more = allowHost.flatMap(host => [`https://${host}`, `https://*.${host}`])
  return baiduApi({ origins: sandboxUrl === undefined ? more : [sandboxUrl] })
}

/** The sandbox stands in for every host of Baidu. */
function reroute(url: URL, { sandboxUrl }: Connection): URL {
  return sandboxUrl === undefined ? url : new URL(url.pathname + url.search, sandboxUrl)
}

interface Answer {
  readonly status: number
  readonly bytes: Buffer
  /** What the answer says has failed; `undefined` when nothing has. */
  readonly failure: ApiFailure | undefined
}

async function send(
  url: URL,
  body: string | undefined,
  options: CallOptions,
  { source, sandboxUrl }: Connection,
): Promise<Answer> {
  const api = apiOf(options, sandboxUrl)
  let failure: ApiFailure | undefined
  // Failures are printed as they came: the person at the terminal wants to see them.
  const judge: ResourceServer['judge'] = (answer, target) => {
    failure = api.judge(answer, target)
    return (
      failure && { ...failure, about: failure.about === 'token' ? failure.about : 'request', plain: true }
    )
  }
  const headers = new Headers(options.header.map(line => splitHeader(line)))
  if (body !== undefined && !headers.has('content-type')) headers.set('content-type', contentTypeOf(body))
  // Whoever types a command may just have mended what has failed before.
  await source.token({ probe: true })
  const response = await authorizedFetch(source, { ...api, judge })(url, {
    method: options.request ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    body: body ?? null,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  })
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), failure }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new UsageError(`a header is written as "Name: value", not as "${line}"`)
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}

function contentTypeOf(body: string): string {
  return /^\s*[{[]/.test(body) ? 'application/json' : 'application/x-www-form-urlencoded'
}

function report({ status, failure }: Answer, { stderr, env }: Terminal): void {
  if (failure === undefined && status < 400) return
  const paint = painter(stderr, env)
  const entry = failure === undefined ? undefined : explainBaiduError(failure.code)
  const language = readsChinese(env) ? 'zh' : 'en'
  const code = failure?.code ?? ''
  const what = code === '' || code === `http_${status}` ? `HTTP ${status}` : code
  const headline = paint('red', `evergrant: the API answered with ${what}.`)
  writeLine(stderr)
  writeLine(stderr, `${headline} ${entry?.meaning[language] ?? ''}`.trim())
  if (failure?.advice !== undefined) writeLine(stderr, `  what to do: ${failure.advice[language]}`)
  throw new ReportedError(EXIT.api)
}
