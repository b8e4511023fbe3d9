import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../failure-report.ts'
import { SERVICE_FORMS, serviceKeyOf } from '../keyring/key-service-entry.ts'
import { readKeyringFile, writeKeyringFile } from '../keyring/keyring-file.ts'
import { unusable } from '../keyring/unusable.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../second-factor/sensitive-act.ts'
import { type Terminal, writeLine } from '../terminal.ts'

interface KeygenOptions extends ConsentOptions {
  readonly id?: string
  readonly service?: string
  readonly last?: boolean
}

const HELP = `
The file has one key a line, <id>:<base64 of 32 bytes>, the current one first;
only its owner can read it. To change keys where several processes share a
store:

  1. evergrant keygen --last ring
     and give the file to all: they can read what the new key will seal
  2. move its line to the top, and give the file to all again
  3. evergrant rekey --keyring ring
     until nothing is left under the old key; then take its line out

Keep a copy: without the key, what it has sealed is lost.

With --service the key stays at HashiCorp Vault Transit or AWS KMS, and the file
says where that is:

  evergrant keygen ring --service "vault url=https://vault.example key=grants"
  evergrant keygen ring --service "aws-kms key=alias/grants region=cn-north-1"

Vault wants VAULT_TOKEN, or token-file= among the settings; AWS the credentials
that its SDK finds.`

const ID = /^[A-Za-z0-9_-]{1,64}$/

export function addKeygenCommand(program: Command, terminal: Terminal): void {
  withConsent(program.command('keygen'), false)
    .description('make a keyring for sealed storage, or add a key to one')
    .argument('<file>', 'where the keyring is, or is to be')
    .option('--id <id>', 'what to call the key; a random name by default', keyId)
    .option('--service <settings>', 'name a key that stays at a key service, instead of making one')
    .option('--last', 'add the key at the end: it opens, and does not seal yet')
    .addHelpText('after', HELP)
    .action((file: string, options: KeygenOptions) => makeKey(file, options, terminal))
}

async function makeKey(file: string, options: KeygenOptions, terminal: Terminal) {
  const { stdout, env } = terminal
  const { id = newId(), last = false, service } = options
  const entry = `${id}:${service ?? randomBytes(32).toString('base64')}`
  if (service !== undefined && serviceKeyOf(entry, '--service', env) === undefined) {
    const forms = Object.values(SERVICE_FORMS).map(form => `\n  ${form}`)
    throw unusable(`--service names no key service that is known here. It has to be:${forms.join('')}`)
  }
  const line = `${entry}\n`
  if (!existsSync(file)) {
    await writeKeyringFile(file, line, true)
  } else {
    const { ids, text } = await readKeyringFile(file, env)
    if (ids.includes(id)) throw new UsageError(`the keyring has a key "${id}" already`)
    // Another key for a store that is in use; the first one of a new file changes nothing yet.
    await requireConsent({ what: 'key.added' }, options, terminal)
    const rest = text === '' || text.endsWith('\n') ? text : `${text}\n`
    await writeKeyringFile(file, last ? rest + line : line + rest, false)
  }
  writeLine(stdout, id)
}

function newId(): string {
  return `k${randomBytes(4).toString('hex')}`
}

function keyId(text: string): string {
  if (ID.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 64 letters, digits, "-" and "_".')
}
