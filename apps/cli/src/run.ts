import { Command, CommanderError } from 'commander'
import { EXIT, EXIT_HELP } from './exit-code.ts'
import { reportFailure } from './failure-report.ts'
import { painter, readsChinese, type Terminal } from './terminal.ts'
import { VERSION } from './version.ts'

type AddCommand = (program: Command, terminal: Terminal) => void

/**
 * The commands, in the order of the help. Each is loaded when it is called: one that only reads a token need not wait for
 * what sends requests, nor a request for Redis.
 */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  token: async () => (await import('./commands/token.ts')).addTokenCommand,
  login: async () => (await import('./commands/login.ts')).addLoginCommand,
  logout: async () => (await import('./commands/logout.ts')).addLogoutCommand,
  inspect: async () => (await import('./commands/inspect.ts')).addInspectCommand,
  scopes: async () => (await import('./commands/scopes.ts')).addScopesCommand,
  call: async () => (await import('./commands/call.ts')).addCallCommand,
  agent: async () => (await import('./commands/agent.ts')).addAgentCommand,
  sandbox: async () => (await import('./commands/sandbox.ts')).addSandboxCommand,
  keygen: async () => (await import('./commands/keygen.ts')).addKeygenCommand,
  rekey: async () => (await import('./commands/rekey.ts')).addRekeyCommand,
  wrap: async () => (await import('./commands/wrap.ts')).addWrapCommand,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  audit: async () => (await import('./commands/audit.ts')).addAuditCommand,
  'second-factor': async () => (await import('./commands/second-factor.ts')).addSecondFactorCommand,
  bundle: async () => (await import('./commands/bundle.ts')).addBundleCommand,
}

const HELP = `
Keys come from the environment or from files, never from arguments:

  baidu     BAIDU_API_KEY     BAIDU_SECRET_KEY     (without --provider)
  wechat    WECHAT_APP_ID     WECHAT_APP_SECRET
  wecom     WECOM_CORP_ID     WECOM_CORP_SECRET
  feishu    FEISHU_APP_ID     FEISHU_APP_SECRET
  dingtalk  DINGTALK_APP_KEY  DINGTALK_APP_SECRET

Without keys, --sandbox tries everything on this machine.
${EXIT_HELP}`

/** Runs one command line, without the names of program and script, and resolves to its exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = await programFor(args, terminal)
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    return reportFailure(error, terminal)
  }
}

async function programFor(args: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command('evergrant')
    .description(
      'Obtain, inspect and use OAuth 2.0 access tokens: first of all those of the Baidu AI Open Platform.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .addHelpText('after', HELP)
  for (const add of await commandsFor(args)) add(program, terminal)
  if (readsChinese(terminal.env)) (await import('./chinese/help.ts')).explainInChinese(program)
  for (const command of withCommandsOf(program)) {
    command.exitOverride().configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
      outputError: (text, write) =>
        write(text.replace(/^error:/, painter(terminal.stderr, terminal.env)('red', 'evergrant:'))),
    })
    for (const option of command.options) {
      // What may be given as often as needed is a list, or a map, and empty at first.
      if (/^(\[\]|\{\})$/.test(JSON.stringify(option.defaultValue) ?? ''))
        option.defaultValueDescription = 'none'
    }
  }
  return program
}

/** The command that is called, or all of them where it takes all to help. */
async function commandsFor([name = '']: readonly string[]): Promise<AddCommand[]> {
  if (name === '--version' || name === '-V') return []
  const called = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const loads = called === undefined ? Object.values(COMMANDS) : [called]
  return Promise.all(loads.map(load => load()))
}

/** A command and all those below it. */
function withCommandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(each => withCommandsOf(each))]
}
