import { Command, CommanderError } from 'commander'
import { addAuditCommand } from './commands/audit.ts'
import { addBundleCommand } from './commands/bundle.ts'
import { addCallCommand } from './commands/call.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addInspectCommand } from './commands/inspect.ts'
import { addKeygenCommand } from './commands/keygen.ts'
import { addLoginCommand } from './commands/login.ts'
import { addLogoutCommand } from './commands/logout.ts'
import { addRekeyCommand } from './commands/rekey.ts'
import { addSandboxCommand } from './commands/sandbox.ts'
import { addScopesCommand } from './commands/scopes.ts'
import { addSecondFactorCommand } from './commands/second-factor.ts'
import { addTokenCommand } from './commands/token.ts'
import { addWrapCommand } from './commands/wrap.ts'
import { EXIT, EXIT_HELP } from './exit-code.ts'
import { reportFailure } from './failure-report.ts'
import type { Terminal } from './terminal.ts'
import { VERSION } from './version.ts'

const HELP = `
Keys come from the environment or from files, never from arguments:

  baidu     BAIDU_API_KEY     BAIDU_SECRET_KEY       (where no --provider is named)
  wechat    WECHAT_APP_ID     WECHAT_APP_SECRET
  wecom     WECOM_CORP_ID     WECOM_CORP_SECRET
  feishu    FEISHU_APP_ID     FEISHU_APP_SECRET
  dingtalk  DINGTALK_APP_KEY  DINGTALK_APP_SECRET

Without keys, --sandbox tries everything on this machine.
${EXIT_HELP}`

/** Runs one command line, without the names of program and script, and resolves to its exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await programFor(terminal).parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    return reportFailure(error, terminal)
  }
}

function programFor(terminal: Terminal): Command {
  const program = new Command('evergrant')
    .description(
      'Obtain, inspect and use OAuth 2.0 access tokens: first of all those of the Baidu AI Open Platform.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .addHelpText('after', HELP)
  addTokenCommand(program, terminal)
  addLoginCommand(program, terminal)
  addLogoutCommand(program, terminal)
  addInspectCommand(program, terminal)
  addScopesCommand(program, terminal)
  addCallCommand(program, terminal)
  addSandboxCommand(program, terminal)
  addKeygenCommand(program, terminal)
  addRekeyCommand(program, terminal)
  addWrapCommand(program, terminal)
  addDoctorCommand(program, terminal)
  addAuditCommand(program, terminal)
  addSecondFactorCommand(program, terminal)
  addBundleCommand(program, terminal)
  for (const command of withCommandsOf(program)) {
    command.exitOverride().configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
    })
  }
  return program
}

/** A command and all those below it. */
function withCommandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(each => withCommandsOf(each))]
}
