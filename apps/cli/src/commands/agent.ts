import { type AgentUse, type TokenAgent, tokenAgent } from '@evergrant/agent'
import type { AuditLog } from '@evergrant/audit'
import { EvergrantError } from '@evergrant/core'
import { systemClock, type TokenSource } from '@evergrant/runtime'
import { type Command, Option } from 'commander'
import { type Admitting, allowOption, requireAdmitting, toldRefusals } from '../admitting.ts'
import { type OpenGrant, openGrants } from '../agent/agent-grants.ts'
import { agentKey, keyPlace, socketPlace } from '../agent/agent-place.ts'
import { type AgentWords, agentWords } from '../agent/agent-words.ts'
import { eventLine } from '../agent/event-line.ts'
import { readGrantsFile } from '../agent/grants-file.ts'
import { keepWarm } from '../agent/keep-warm.ts'
import { prometheusMetrics } from '../agent/prometheus-metrics.ts'
import { allOf } from '../all-of.ts'
import { portNumber } from '../amount.ts'
import { auditOf } from '../audit-place.ts'
import { adviceInChinese } from '../chinese/failure-text.ts'
import { padded } from '../columns.ts'
import { type ConnectionOptions, withSignIn } from '../connection.ts'
import { UsageError } from '../failure-report.ts'
import { interrupted } from '../interrupted.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface AgentCommandOptions extends ConnectionOptions, Admitting {
  /** A file with grants. */
  readonly grants?: string
  readonly socket?: string
  readonly port?: number
  readonly keyFile?: string
  readonly viewKeyFile?: string
}

/** What a grant of a file says for itself. */
const OF_ONE_GRANT = ['provider', 'as', 'sandbox', 'sandboxUrl', 'endpoint', 'apiKeyFile', 'secretKeyFile']

const HELP = `
For programs in other languages, which ask for a token when they need one, and
never see a secret or a refresh token. It renews before anybody has to wait.

  curl --unix-socket <socket> http://agent/v1/token

The socket is for programs of this user. With --port the agent listens on
127.0.0.1 as well, for whoever sends the key as a bearer token; from a file, for
what stands on a command line can be read by everybody on the machine:

  printf 'Authorization: Bearer %s' "$(cat <key file>)" |
    curl -H @- <URL>/v1/token

Its dashboard, and /metrics for Prometheus, take the view key, which is good for
no token. Several grants stand in a file, each with the options that it would
have here, and are asked for at /v1/grants/<name>/token:

  {"ocr": {"provider": "baidu", "api-key-file": "id", "secret-key-file": "key"},
   "chat": {"provider": "feishu"},
   "mine": {"as": "me", "label": "My sign-in"}}

An API that rejects a token is a reason to tell, and to ask again:

  printf '{"access_token":"%s"}' "$token" |
    curl --unix-socket <socket> -H 'content-type: application/json' \\
      -d @- http://agent/v1/grants/default/rejections`

export function addAgentCommand(program: Command, terminal: Terminal): void {
  withSignIn(program.command('agent'))
    .description('hand out tokens to programs in other languages until interrupted')
    .addOption(
      new Option('--grants <file>', 'serve several grants, which a JSON file names').conflicts(OF_ONE_GRANT),
    )
    .option('--socket <path>', 'the Unix socket; agent.sock in the runtime or state directory by default')
    .option('--port <number>', 'listen on this port of 127.0.0.1, too; 0 takes a free one', portNumber)
    .option('--host <address>', 'the address of the port; 127.0.0.1 by default')
    .addOption(allowOption())
    .option(
      '--key-file <path>',
      'the key for the port, made if missing; agent.key in the state directory by default',
    )
    .option('--view-key-file <path>', 'the key that only shows how things are; agent-view.key by default')
    .addHelpText('after', HELP)
    .action((options: AgentCommandOptions) => run(options, terminal))
}

async function run(options: AgentCommandOptions, terminal: Terminal): Promise<void> {
  requireSense(options)
  const closing: (() => unknown)[] = []
  try {
    const wanted = options.grants === undefined ? { default: options } : await grantsOfFile(options)
    const audit = await auditOf(terminal)
    closing.unshift(() => audit?.close())
    const grants = await openGrants(wanted, terminal, audit, options.grants)
    closing.unshift(() => allOf(grants.map(grant => () => grant.close())))
    const metrics = prometheusMetrics(grants)
    closing.unshift(() => metrics.close())
    const agent = tokenAgent({
      grants: Object.fromEntries(grants.map(({ name, source, label }) => [name, { source, label }])),
      metrics: () => metrics.text(),
      inChinese: failure => adviceInChinese(failure),
      onUse: use => writeDown(use, audit),
      onDefect: error => tell(terminal, 'red', error instanceof Error ? (error.stack ?? '') : String(error)),
    })
    closing.unshift(() => agent.close())
    const isNamed = options.grants !== undefined
    const leave = new AbortController()
    closing.unshift(() => leave.abort())
    introduce(
      [
        ...factsOf(grants, isNamed, agentWords(terminal.env)),
        ...(await openDoors(agent, grants, options, terminal)),
      ],
      terminal,
    )
    for (const { name, source } of grants) {
      const prefix = isNamed ? `${name}: ` : ''
      tellEvents(source, prefix, terminal)
      keepWarm(source, systemClock(), leave.signal, toldOnce(prefix, terminal))
    }
    await interrupted()
  } finally {
    await allOf(closing)
  }
}

function requireSense({ port, host, keyFile, viewKeyFile, allow }: AgentCommandOptions): void {
  if (port === undefined && (host ?? allow ?? keyFile ?? viewKeyFile) !== undefined) {
    throw new UsageError('--host, --allow, --key-file and --view-key-file are for --port')
  }
  requireAdmitting({ host, allow })
}

/** Kept where the command line says, unless a grant says otherwise. */
async function grantsOfFile({ grants: path = '', store, keyring }: AgentCommandOptions) {
  const kept = { ...(store !== undefined && { store }), ...(keyring !== undefined && { keyring }) }
  const grants = Object.entries(await readGrantsFile(path))
  return Object.fromEntries(grants.map(([name, options]) => [name, { ...kept, ...options }]))
}

type Fact = readonly [name: string, value: string]

function factsOf(grants: readonly OpenGrant[], isNamed: boolean, { tokensOf, named }: AgentWords): Fact[] {
  return grants.map(({ name, label }) => [tokensOf, isNamed ? named(label, name) : label])
}

async function openDoors(
  agent: TokenAgent,
  grants: readonly OpenGrant[],
  { socket, port, host, allow, keyFile, viewKeyFile }: AgentCommandOptions,
  terminal: Terminal,
): Promise<Fact[]> {
  const words = agentWords(terminal.env)
  const path = socket ?? socketPlace(terminal)
  await agent.listenOnSocket(path)
  const facts: Fact[] = [
    [words.socket, path],
    [words.try, `curl --unix-socket ${quoted(path)} http://agent${pathOfToken(grants)}`],
  ]
  if (port === undefined) return facts
  const keyPath = keyFile ?? keyPlace('agent.key', '--key-file', terminal)
  const viewKeyPath = viewKeyFile ?? keyPlace('agent-view.key', '--view-key-file', terminal)
  const viewKey = await agentKey(viewKeyPath)
  const url = await agent.listenOnPort({
    port,
    key: await agentKey(keyPath),
    viewKey,
    onRefused: toldRefusals(terminal),
    ...(host !== undefined && { host }),
    ...(allow !== undefined && { allow }),
  })
  return [
    ...facts,
    ['URL', url],
    [words.key, words.inFile(keyPath)],
    [words.viewKey, words.inFile(viewKeyPath)],
    [words.metrics, `${url}/metrics`],
    [words.dashboard, `${url}/#${viewKey}`],
  ]
}

/** Where a token is asked for, of one of the grants. */
function pathOfToken(grants: readonly OpenGrant[]): string {
  const names = grants.map(({ name }) => name)
  return names.length === 1 || names.includes('default') ? '/v1/token' : `/v1/grants/${names[0]}/token`
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

function introduce(facts: readonly Fact[], { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  writeLine(stdout, paint('bold', agentWords(env).ready))
  for (const [name, value] of facts) writeLine(stdout, `${paint('dim', padded(name, 12))} ${value}`)
}

function tellEvents(source: TokenSource, prefix: string, { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  const words = agentWords(env)
  source.on(event => {
    const [style, text] = eventLine(event, words) ?? []
    if (style === undefined || text === undefined) return
    writeLine(stdout, `${paint('dim', new Date(event.at).toISOString())} ${prefix}${paint(style, text)}`)
  })
}

/** Tells why there is no token before anybody has asked for one; each reason once. */
function toldOnce(prefix: string, terminal: Terminal): (error: unknown) => void {
  const told = new Set<string>()
  const words = agentWords(terminal.env)
  return error => {
    const text = EvergrantError.is(error) ? words.why(error) : String(error)
    if (told.has(text)) return
    told.add(text)
    tell(terminal, 'red', prefix + words.noTokenYet(text))
  }
}

function tell({ stderr, env }: Terminal, style: 'red', text: string): void {
  writeLine(stderr, painter(stderr, env)(style, text))
}

/** Writes an entry down; what cannot be written is not handed out. */
function writeDown(
  { what, origin, name, door, fingerprint, code }: AgentUse,
  audit: AuditLog | undefined,
): void {
  audit?.record({
    what: `agent.${what}`,
    outcome: what === 'token.refused' ? 'failed' : 'done',
    ...origin,
    detail: {
      name,
      door,
      ...(fingerprint !== undefined && { fingerprint }),
      ...(code !== undefined && { code }),
    },
  })
}
