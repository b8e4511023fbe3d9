import { generateBundleKeys } from '@evergrant/bundle'
import { type Command, Option } from 'commander'
import { type Terminal, writeLine } from '../terminal.ts'
import { writeNewFile } from './private-file.ts'

const USES = ['sign', 'encrypt'] as const

export function addKeygenCommand(bundle: Command, terminal: Terminal): void {
  bundle
    .command('keygen')
    .description('make a pair of keys: NAME.key stays where it is, NAME.pub goes to the other side')
    .requiredOption('--out <name>', 'the files to write, without ".key" and ".pub"')
    .addOption(
      new Option('--use <what>', 'to make bundles, or to open them').choices(USES).makeOptionMandatory(),
    )
    .action(async ({ out, use }: { out: string; use: (typeof USES)[number] }) => {
      const { publicKey, privateKey, name } = await generateBundleKeys(use)
      await writeNewFile(`${out}.key`, JSON.stringify(privateKey))
      await writeNewFile(`${out}.pub`, JSON.stringify(publicKey), 0o644)
      writeLine(terminal.stdout, name)
      writeLine(terminal.stderr, `${out}.key stays here; ${out}.pub goes to the other side`)
    })
}
