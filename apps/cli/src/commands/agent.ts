import { randomBytes } from 'node:crypto'
import { type AgentUse, type TokenAgent, tokenAgent } from '@evergrant/agent'
import type { AuditLog } from '@evergrant/audit'
import type { TokenSource } from '@evergrant/runtime'
import type { Command } from 'commander'
import { type Admitting, allowOption, requireAdmitting, toldRefusals } from '../admitting.ts'
import { agentKey, keyPlace, socketPlace } from '../agent/agent-place.ts'
import { eventLine } from '../agent/event-line.ts'
import { prometheusMetrics } from '../agent/prometheus-metrics.ts'
import { portNumber } from '../amount.ts'
import { auditOf } from '../audit-place.ts'
import { type ConnectionOptions, connectAs, withSignIn } from '../connection.ts'
import { UsageError } from '../failure-report.ts'
import { interrupted } from '../interrupted.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface AgentCommandOptions extends ConnectionOptions, Admitting {
  readonly socket?: string
  readonly port?: number
  readonly keyFile?: string
}

const VIEW_KEY_BYTES = 18

const HELP = `
For programs in other languages, which ask for a token when they need one, and
never see a secret or a refresh token. It renews before anybody has to wait.

  curl --unix-socket <socket> http://agent/v1/token

The socket is for programs of this user. With --port the agent listens on
127.0.0.1 as well: for whoever sends the key as a bearer token, with a dashboard
and, at /metrics, what Prometheus reads.

  curl -H "Authorization: Bearer $(cat <key file>)" <URL>/v1/token

An API that rejects a token is a reason to tell, and to ask again:

  curl --unix-socket <socket> -H 'content-type: application/json' \\
    -d '{"access_token":"…"}' http://agent/v1/grants/default/rejections`

export function addAgentCommand(program: Command, terminal: Terminal): void {
  withSignIn(program.command('agent'))
    .description('hand out tokens to programs in other languages until interrupted')
    .option('--socket <path>', 'the Unix socket; agent.sock in the runtime or state directory by default')
    .option('--port <number>', 'listen on this port of 127.0.0.1, too; 0 takes a free one', portNumber)
    .option('--host <address>', 'the address of the port; 127.0.0.1 by default')
    .addOption(allowOption())
    .option(
      '--key-file <path>',
      'the key for the port, made if missing; agent.key in the state directory by default',
    )
    .addHelpText('after', HELP)
    .action((options: AgentCommandOptions) => run(options, terminal))
}

async function run(options: AgentCommandOptions, terminal: Terminal): Promise<void> {
  const { port, host, keyFile, allow } = options
  if (port === undefined && (host ?? allow ?? keyFile) !== undefined) {
    throw new UsageError('--host, --allow and --key-file are for --port')
  }
  requireAdmitting({ host, allow })
  const connection = await connectAs(options, terminal)
  const { source, label } = connection
  const audit = await auditOf(terminal)
  const metrics = prometheusMetrics(source)
  const leave = new AbortController()
  const agent = tokenAgent({
    grants: { default: { source, label } },
    metrics: () => metrics.text(),
    onUse: use => writeDown(use, audit),
    onDefect: error => writeLine(terminal.stderr, String(error instanceof Error ? error.stack : error)),
  })
  try {
    const doors = await openDoors(agent, options, terminal)
    introduce([['tokens of', label], ...doors], terminal)
    tellEvents(source, terminal)
    keepWarm(source, leave.signal)
    await interrupted()
  } finally {
    leave.abort()
    await agent.close()
    await metrics.close()
    await connection.close()
    audit?.close()
  }
}

type Fact = readonly [name: string, value: string]

async function openDoors(
  agent: TokenAgent,
  { socket, port, host, allow, keyFile }: AgentCommandOptions,
  terminal: Terminal,
): Promise<Fact[]> {
  const path = socket ?? socketPlace(terminal)
  await agent.listenOnSocket(path)
  const facts: Fact[] = [
    ['socket', path],
    ['try', `curl --unix-socket ${path} http://agent/v1/token`],
  ]
  if (port === undefined) return facts
  const keyPath = keyFile ?? keyPlace(terminal)
  const viewKey = randomBytes(VIEW_KEY_BYTES).toString('base64url')
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
    ['key', `in ${keyPath}`],
    ['metrics', `${url}/metrics`],
    ['dashboard', `${url}/#${viewKey}`],
  ]
}

function introduce(facts: readonly Fact[], { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  writeLine(stdout, paint('bold', 'The agent is ready; Ctrl-C ends it.'))
  for (const [name, value] of facts) writeLine(stdout, `${paint('dim', name.padEnd(12))} ${value}`)
}

function tellEvents(source: TokenSource, { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  source.on(event => {
    const [style, text] = eventLine(event) ?? []
    if (style === undefined || text === undefined) return
    writeLine(stdout, `${paint('dim', new Date(event.at).toISOString())} ${paint(style, text)}`)
  })
}

/** A watched source renews before anybody asks. */
function keepWarm(source: TokenSource, signal: AbortSignal): void {
  const watching = async () => {
    for await (const _token of source.watch({ signal })) if (signal.aborted) return
  }
  // It ends with the agent, or because a key cannot be read, which whoever asks for a token is told.
  watching().catch(() => undefined)
}

/** Writes an entry down; what cannot be written is not handed out. */
function writeDown({ what, door, fingerprint, code }: AgentUse, audit: AuditLog | undefined): void {
  audit?.record({
    what: `agent.${what}`,
    outcome: what === 'token.refused' ? 'failed' : 'done',
    detail: { door, ...(fingerprint !== undefined && { fingerprint }), ...(code !== undefined && { code }) },
  })
}
