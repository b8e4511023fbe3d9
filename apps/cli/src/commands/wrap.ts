import { type KeyContext, utf8Bytes } from '@evergrant/core'
import { type Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../failure-report.ts'
import { readKeyringFile } from '../keyring/keyring-file.ts'
import { readAll, type Terminal, writeLine } from '../terminal.ts'

interface WrapOptions {
  readonly keyring?: string
  readonly key?: string
  readonly context: KeyContext
}

const HELP = `
The secret comes on standard input, and its ciphertext goes to standard output:
text that may stand in a configuration. decryptedSecret() of @evergrant/kms
reads it, with the same context.

  evergrant wrap --keyring ring < secret-key > secret-key.kms

The services' own tools do the same: "aws kms encrypt",
"vault write transit/encrypt/<key>".`

/** As much as AWS KMS encrypts at once, in bytes. */
const SECRET_BYTES_MAX = 4_096

export function addWrapCommand(program: Command, terminal: Terminal): void {
  program
    .command('wrap')
    .description('encrypt a client secret with a key that stays at a key service')
    .option('--keyring <path>', 'the keyring that says where the key is (EVERGRANT_KEYRING)')
    .option('--key <id>', 'which of its keys; the first one that stays at a service by default')
    .option('--context <name=value>', 'what to bind it to, as often as needed', addToContext, {})
    .addHelpText('after', HELP)
    .action((options: WrapOptions) => wrap(options, terminal))
}

async function wrap({ keyring, key: id, context }: WrapOptions, terminal: Terminal): Promise<void> {
  const { stdin, stdout, env } = terminal
  const file = keyring ?? env.EVERGRANT_KEYRING
  if (!file) throw new UsageError('name the keyring with --keyring')
  if (stdin.isTTY) throw new UsageError('the secret comes on standard input: evergrant wrap < file')
  const { keys } = await readKeyringFile(file, env)
  const served = keys.find(each => 'service' in each && (id === undefined || each.id === id))
  if (served === undefined || !('service' in served) || served.service.wrap === undefined) {
    throw new UsageError(
      'the keyring has no such key at a service; add one with "evergrant keygen --service"',
    )
  }
  const bytes = utf8Bytes((await readAll(stdin)).trim())
  if (bytes.length === 0) throw new UsageError('nothing came on standard input')
  if (bytes.length > SECRET_BYTES_MAX) throw new UsageError(`more than ${SECRET_BYTES_MAX} bytes came in`)
  writeLine(stdout, await served.service.wrap(bytes, context))
}

function addToContext(text: string, before: KeyContext): KeyContext {
  const [, name, value] = /^([^=]{1,128})=(.{1,1024})$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be <name>=<value>.')
  return { ...before, [name]: value }
}
