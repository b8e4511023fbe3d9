import { causeCode, EvergrantError, fail, networkFailure } from '@evergrant/core'
import { type ApiFailure, originTest, type ResourceServer } from '@evergrant/core/calls'
import { explainBaiduError } from '@evergrant/provider-baidu/calls'
import type { TokenSource } from '@evergrant/runtime'
import { authorizedFetch } from '@evergrant/runtime/calls'
import { type Command, InvalidArgumentError } from 'commander'
import { bodyOf } from '../call-body.ts'
import { type Connection, type ConnectionOptions, connectAs, withSignIn } from '../connection.ts'
import { EXIT } from '../exit-code.ts'
import { ReportedError, UsageError } from '../failure-report.ts'
import { labelsFor } from '../labels.ts'
import { painter, readsChinese, type Terminal, writeLine } from '../terminal.ts'

interface CallOptions extends ConnectionOptions {
  readonly request?: string
  readonly data?: string
  readonly header: readonly string[]
  readonly allowHost: readonly string[]
  readonly requires: readonly string[]
}

const HELP = `
The token is put where the API wants it, and is shown to https URLs of the
platform's hosts only; --allow-host adds others. With --sandbox the same URL
goes to the sandbox:

  evergrant call --sandbox https://aip.baidubce.com/rpc/2.0/mt/texttrans/v1 \\
    -d '{"q":"你好","from":"zh","to":"en"}'

  evergrant call --provider wechat \\
    https://api.weixin.qq.com/cgi-bin/get_api_domain_ip

A body that begins with "@" is read as curl reads it: from the file of that
name, or from standard input for "@-", without line breaks. "-" keeps them.

After "evergrant login" it is made with a token of that sign-in: of the one that
--as names, or of the default one where no keys are given. Its server may be
shown the token; every other API is named:

  evergrant call --as work --allow-host api.example https://api.example/me

A token that the API rejects is replaced, and the call repeated once.`

const ANSWER_TIMEOUT_MS = 60_000
const NEWLINE = 0x0a

export function addCallCommand(program: Command, terminal: Terminal): void {
  const command = program.command('call').description('make an authorized request to an API')
  withSignIn(command)
    .argument('<url>', 'the URL of the API, without a token')
    .option('-X, --request <method>', 'the method; GET, or POST when there is data', methodName)
    .option('-d, --data <text>', 'the body: JSON or a form; of a file: @path; of standard input: @-')
    .option('-H, --header <line>', 'a header line, as often as needed', collect, [])
    .option('--allow-host <host>', 'a host that may be shown the token, besides those it is for', collect, [])
    .option('--requires <scope>', 'a scope without which the call is not made', collect, [])
    .addHelpText('after', HELP)
    .action((url: string, options: CallOptions) => call(url, options, terminal))
}

/** A method as RFC 9110 §9.1 has it, of those that are for APIs: the others are for proxies, or show what was sent. */
function methodName(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text) && !/^(connect|trace|track)$/i.test(text)) return text
  throw new InvalidArgumentError('It must be a method for an API, as GET, POST or DELETE.')
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function call(address: string, options: CallOptions, terminal: Terminal): Promise<void> {
  const url = parseUrl(address)
  const body = options.data === undefined ? undefined : await bodyOf(options.data, terminal.stdin)
  const connection = await connectAs(options, terminal)
  try {
    const api = apiOf(options, connection)
    requireAllowed(url, api, connection)
    const answer = await send(reroute(url, connection), body, options, { ...connection, api })
    terminal.stdout.write(answer.bytes)
    // Where a person reads it, the prompt stands on a line of its own.
    if (terminal.stdout.isTTY === true && answer.bytes.at(-1) !== NEWLINE) writeLine(terminal.stdout)
    report(answer, connection, terminal)
  } finally {
    await connection.close()
  }
}

function parseUrl(address: string): URL {
  if (!URL.canParse(address)) throw new UsageError(`this is not a URL: ${address}`)
  const url = new URL(address)
  if (url.searchParams.has('access_token')) {
    throw new UsageError('the URL has an access_token already; leave it out, it is added for you')
  }
  return url
}

/** Said before anything is asked for: to whom the token is not shown. A call of a sandbox rehearses that, too. */
function requireAllowed(url: URL, { origins }: ResourceServer, { label }: Connection): void {
  if (originTest(origins)(url)) return
  if (url.protocol !== 'https:') throw new UsageError('a token is sent over https only')
  throw new UsageError(`${url.host} is not one of ${label}'s hosts; --allow-host ${url.host} allows it`)
}

function apiOf({ allowHost }: CallOptions, { api, sandboxUrl }: Connection): ResourceServer {
  const more = allowHost.flatMap(host => [`https://${host}`, `https://*.${host}`])
  return api(sandboxUrl === undefined ? more : [...more, sandboxUrl])
}

/** The sandbox stands in for every host of its platform. */
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
  { source, api }: { readonly source: TokenSource; readonly api: ResourceServer },
): Promise<Answer> {
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
  // The network's failures, too: nothing is made again behind the person's back.
  const request = authorizedFetch(
    source,
    { ...api, judge },
    { requires: options.requires, limits: { attemptsMax: 1 } },
  )
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  const method = options.request ?? (body === undefined ? 'GET' : 'POST')
  try {
    const response = await request(url, { method, headers, body: body ?? null, signal })
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), failure }
  } catch (error) {
    throw EvergrantError.is(error) ? error : unanswered(error, url, signal)
  }
}

/** What the network, and not the API, has done to a call. */
function unanswered(error: unknown, { host }: URL, { aborted }: AbortSignal): EvergrantError {
  if (aborted) {
    const message = `${host} did not answer within ${ANSWER_TIMEOUT_MS / 1000} s.`
    return new EvergrantError(fail('request_timed_out', { message }))
  }
  return new EvergrantError(networkFailure(causeCode(error), host))
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new UsageError(`a header is written as "Name: value", not as "${line}"`)
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}

function contentTypeOf(body: string): string {
  return /^\s*[{[]/.test(body) ? 'application/json' : 'application/x-www-form-urlencoded'
}

function report({ status, failure }: Answer, { label, preset }: Connection, { stderr, env }: Terminal): void {
  if (failure === undefined && status < 400) return
  const paint = painter(stderr, env)
  const language = readsChinese(env) ? 'zh' : 'en'
  const labels = labelsFor(env)
  // An API that is known by its status alone has no codes of its own.
  const code = preset === undefined ? '' : (failure?.code ?? '')
  const entry = label === 'Baidu' ? explainBaiduError(code) : undefined
  const what = code === '' || code === `http_${status}` ? `HTTP ${status}` : code
  const headline = paint('red', `evergrant: ${labels.apiAnswered(what)}`)
  writeLine(stderr)
  const meaning = entry?.meaning[language]
  writeLine(stderr, meaning === undefined ? headline : headline + labels.betweenSentences + meaning)
  if (failure?.description !== undefined && entry === undefined) {
    writeLine(stderr, `  ${labels.serverSaid(failure.description)}`)
  }
  if (failure?.advice !== undefined) writeLine(stderr, `  ${labels.whatToDo(failure.advice[language])}`)
  throw new ReportedError(EXIT.api)
}
