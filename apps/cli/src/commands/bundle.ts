import type { Command } from 'commander'
import { addCreateCommand } from '../bundle/create-command.ts'
import { addKeygenCommand } from '../bundle/keygen-command.ts'
import { addImportCommand, addInspectCommand, addOpenCommand } from '../bundle/open-command.ts'
import type { Terminal } from '../terminal.ts'

const HELP = `
For machines without a network. Once, on either side:

  evergrant bundle keygen --use encrypt --out plant   where there is no network
  evergrant bundle keygen --use sign --out office     where there is one

Then, whenever tokens are needed, with the .pub files exchanged:

  evergrant bundle create --to plant.pub --sign office.key \\
    --valid 7d --out march.bundle
  evergrant bundle import march.bundle --key plant.key --trust office.pub
  evergrant token             serves it there, with the same keys configured`

export function addBundleCommand(program: Command, terminal: Terminal): void {
  const bundle = program
    .command('bundle')
    .description('carry tokens to machines without a network, signed and encrypted')
    .addHelpText('after', HELP)
  addCreateCommand(bundle, terminal)
  addInspectCommand(bundle, terminal)
  addOpenCommand(bundle, terminal)
  addImportCommand(bundle, terminal)
  addKeygenCommand(bundle, terminal)
}
