import { type BaiduSandbox, baiduSandbox, type SandboxRequest } from '@evergrant/testkit'
import type { Command } from 'commander'
import { amount } from '../amount.ts'
import { UsageError } from '../failure-report.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface SandboxCommandOptions {
  readonly port: number
  readonly lifetimeSeconds?: number
  readonly qps?: number
}

const HELP = `
It stands in for the Baidu AI Open Platform on this machine: the token endpoint with its exact answers, the exchange of
Access Keys for bearer keys, text translation, text recognition and speech. It is controlled over HTTP, for example:

  curl -X POST -d '{"advanceMs":2592000000}'        -H 'content-type: application/json' <url>/sandbox/clock
  curl -X POST -d '{}'                              -H 'content-type: application/json' <url>/sandbox/revoke
  curl -X POST -d '{"fault":"json_503","times":3}'  -H 'content-type: application/json' <url>/sandbox/fault
  curl <url>/sandbox/state`

export function addSandboxCommand(program: Command, terminal: Terminal): void {
  program
    .command('sandbox')
    .description('run a stand-in for the Baidu AI Open Platform until interrupted')
    .option('--port <number>', 'the port on 127.0.0.1; 0 takes a free one', amount, 8787)
    .option('--lifetime-seconds <number>', 'how long its tokens live; 30 days by default', amount)
    .option('--qps <number>', 'calls per second that an application may make', amount)
    .addHelpText('after', HELP)
    .action((options: SandboxCommandOptions) => runSandbox(options, terminal))
}

async function runSandbox(
  { port, lifetimeSeconds, qps }: SandboxCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const sandbox = await baiduSandbox({
    port,
    onRequest: request => printRequest(request, terminal),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    ...(qps !== undefined && { qps }),
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE'
      ? new UsageError(`port ${port} is taken; choose another with --port`)
      : error
  })
  introduce(sandbox, terminal)
  await interrupted()
  await sandbox.close()
}

function introduce(
  { url, tokenEndpoint, bearerEndpoint, app }: BaiduSandbox,
  { stdout, env }: Terminal,
): void {
  const paint = painter(stdout, env)
  const row = (name: string, value: string) => writeLine(stdout, `${paint('dim', name.padEnd(18))} ${value}`)
  writeLine(stdout, paint('bold', 'The sandbox is ready; Ctrl-C ends it.'))
  row('URL', url)
  row('token endpoint', tokenEndpoint)
  row('API Key', app.apiKey)
  row('Secret Key', app.secretKey)
  row('Access Key ID', app.accessKeyId)
  row('Secret Access Key', app.secretAccessKey)
  row('exchange', bearerEndpoint)
  row('API Key (bearer)', app.bearerKey)
  row('try', `evergrant token --sandbox-url ${url}`)
}

/** One line for a request that the sandbox has answered. */
function printRequest({ at, path, outcome }: SandboxRequest, { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  const good = outcome === 'ok' || outcome.startsWith('token')
  writeLine(
    stdout,
    `${paint('dim', new Date(at).toISOString())} ${path} ${paint(good ? 'green' : 'yellow', outcome)}`,
  )
}

function interrupted(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
