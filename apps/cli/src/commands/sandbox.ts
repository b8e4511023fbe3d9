import { type Command, Option } from 'commander'
import { type Admitting, allowOption, requireAdmitting, toldRefusals } from '../admitting.ts'
import { amount, count, portNumber } from '../amount.ts'
import { interrupted } from '../interrupted.ts'
import { PRESET_NAMES, type PresetName } from '../provider/provider-preset.ts'
import { type RunningSandbox, runSandbox } from '../provider/run-sandbox.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface SandboxCommandOptions extends Admitting {
  readonly provider: PresetName
  readonly port: number
  readonly host?: string
  readonly lifetimeSeconds?: number
  readonly qps?: number
}

const HELP = `
It stands in for a platform on this machine. For Baidu: the token endpoint with
its exact answers, the exchange of Access Keys for bearer keys, text
translation, text recognition and speech. For the others: the token endpoint,
any API, and what a token request does there to the tokens before it. It is
controlled over HTTP, for example:

  json='content-type: application/json'
  curl -H "$json" -d '{"advanceMs":2592000000}' <url>/sandbox/clock
  curl -H "$json" -d '{}' <url>/sandbox/revoke
  curl -H "$json" -d '{"fault":"json_503","times":3}' <url>/sandbox/fault
  curl <url>/sandbox/state`

export function addSandboxCommand(program: Command, terminal: Terminal): void {
  program
    .command('sandbox')
    .description('run a stand-in for a platform until interrupted')
    .addOption(
      new Option('--provider <name>', 'the platform')
        .choices(PRESET_NAMES)
        .default('baidu' satisfies PresetName),
    )
    .option('--port <number>', 'the port; 0 takes a free one', portNumber, 8787)
    .option('--host <address>', 'the address to listen on; 127.0.0.1 by default, 0.0.0.0 for all')
    .addOption(allowOption())
    .option('--lifetime-seconds <number>', 'how long its tokens live; as at the platform by default', count)
    .option('--qps <number>', 'calls per second that an application may make; of Baidu only', amount)
    .addHelpText('after', HELP)
    .action((options: SandboxCommandOptions) => run(options, terminal))
}

async function run(
  { provider, port, host, allow, lifetimeSeconds, qps }: SandboxCommandOptions,
  terminal: Terminal,
): Promise<void> {
  requireAdmitting({ host, allow })
  const sandbox = await runSandbox(provider, {
    port,
    onRefused: toldRefusals(terminal),
    ...(host !== undefined && { host }),
    ...(allow !== undefined && { allow }),
    onRequest: request => printRequest(request, terminal),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    ...(qps !== undefined && { qps }),
  })
  introduce(provider, sandbox, terminal)
  await interrupted()
  await sandbox.close()
}

function introduce(provider: PresetName, { url, facts }: RunningSandbox, { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  const row = (name: string, value: string) => writeLine(stdout, `${paint('dim', name.padEnd(18))} ${value}`)
  writeLine(stdout, paint('bold', 'The sandbox is ready; Ctrl-C ends it.'))
  row('URL', url)
  for (const [name, value] of facts) row(name, value)
  const which = provider === 'baidu' ? '' : `--provider ${provider} `
  row('try', `evergrant token ${which}--sandbox-url ${url}`)
}

/** One line for a request that the sandbox has answered. */
function printRequest(
  { at, path, outcome }: { readonly at: number; readonly path: string; readonly outcome: string },
  { stdout, env }: Terminal,
): void {
  const paint = painter(stdout, env)
  const good = outcome === 'ok' || outcome.startsWith('token')
  writeLine(
    stdout,
    `${paint('dim', new Date(at).toISOString())} ${path} ${paint(good ? 'green' : 'yellow', outcome)}`,
  )
}
