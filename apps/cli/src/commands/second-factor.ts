import { userInfo } from 'node:os'
import { EvergrantError, fail } from '@evergrant/core'
import type { Command } from 'commander'
import { renderUnicodeCompact } from 'uqr'
import { writtenDown } from '../audit-place.ts'
import { UsageError } from '../failure-report.ts'
import { withFactor } from '../second-factor/factor-place.ts'
import { ask, requireConsent } from '../second-factor/sensitive-act.ts'
import { isCodeOf, newTotpSecret, totpUri } from '../second-factor/totp-factor.ts'
import { type Terminal, writeLine } from '../terminal.ts'

const HELP = `
With a second verification, commands that reveal, export, import, revoke, add a
key or seal anew want the code of an authenticator (RFC 6238). A code counts
once; five wrong ones within a quarter of an hour block it for that long.`

export function addSecondFactorCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('second-factor')
    .description('have sensitive commands ask for the code of an authenticator')
    .addHelpText('after', HELP)
  command
    .command('set-up')
    .description('show a code to scan, and begin')
    .action(() => setUp(terminal))
  command
    .command('remove')
    .description('do without from now on')
    .option('--code <digits>', 'its code')
    .action((options: { code?: string }) => remove(options, terminal))
  command
    .command('status')
    .description('say whether one was set up')
    .action(() =>
      withFactor(terminal, async factor => {
        writeLine(terminal.stdout, (await factor.isSetUp()) ? 'set up' : 'not set up')
      }),
    )
}

async function setUp(terminal: Terminal): Promise<void> {
  await withFactor(terminal, async factor => {
    if (await factor.isSetUp()) throw new EvergrantError(fail('second_factor_exists'))
    const secret = newTotpSecret()
    const uri = totpUri(secret, accountName())
    const { stderr } = terminal
    if (!terminal.stdin.isTTY)
      throw new UsageError('a second verification is set up at a terminal, by a person')
    writeLine(stderr, `Scan this with your authenticator, or type the secret in: ${secret}\n`)
    writeLine(stderr, renderUnicodeCompact(uri))
    const code = (await ask('\nThe code that it shows: ', terminal)) ?? ''
    if (!isCodeOf(secret, code, Date.now())) throw new EvergrantError(fail('second_factor_refused'))
    await factor.setUp(secret)
    await writtenDown({ what: 'second_factor.set_up', outcome: 'done' }, terminal)
    writeLine(stderr, 'From now on, sensitive commands ask for a code.')
  })
}

async function remove(options: { code?: string }, terminal: Terminal): Promise<void> {
  const isSetUp = await withFactor(terminal, factor => factor.isSetUp())
  if (!isSetUp) {
    writeLine(terminal.stderr, 'No second verification was set up; nothing has changed.')
    return
  }
  const act = {
    what: 'second_factor.removed',
  }
  await requireConsent(act, options, terminal)
  await withFactor(terminal, factor => factor.remove())
  writeLine(terminal.stderr, 'Sensitive commands do not ask for a code any more.')
}

function accountName(): string {
  try {
    return userInfo().username
  } catch {
    return 'evergrant'
  }
}
