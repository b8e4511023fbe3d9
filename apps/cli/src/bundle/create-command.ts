import { createBundle, inspectBundle, type Recipient } from '@evergrant/bundle'
import { inWords } from '@evergrant/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { writtenDown } from '../audit-place.ts'
import { type ConnectionOptions, connect, withConnection } from '../connection.ts'
import { UsageError } from '../failure-report.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../second-factor/sensitive-act.ts'
import { type Terminal, writeLine } from '../terminal.ts'
import { readPrivateKey, readPublicKey } from './key-file.ts'
import { readPrivateFile, writeNewFile } from './private-file.ts'

interface CreateOptions extends ConnectionOptions, ConsentOptions {
  readonly out: string
  readonly sign: string
  readonly to?: string
  readonly passphraseFile?: string
  readonly valid: number
  readonly issuer?: string
  readonly purpose?: string
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

export function addCreateCommand(bundle: Command, terminal: Terminal): void {
  const command = bundle
    .command('create')
    .description('fetch a token ahead and write it into one encrypted file')
  withConsent(withConnection(command), true)
    .requiredOption('--out <file>', 'the bundle to write; it must not exist')
    .requiredOption('--sign <file>', 'the private key that signs it, which the other side trusts')
    .option('--to <file>', 'the public key of the recipient')
    .addOption(
      new Option('--passphrase-file <file>', 'a passphrase in place of a public key').conflicts('to'),
    )
    .addOption(
      new Option('--valid <span>', 'within which time it has to be imported: 30m, 24h, 7d')
        .argParser(span)
        .default(UNITS_MS.d, '24h'),
    )
    .option('--issuer <text>', 'who makes it, in words')
    .option('--purpose <text>', 'what for, in words')
    .action((options: CreateOptions) => create(options, terminal))
}

function span(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit ?? '']
  if (amount === undefined || unitMs === undefined) {
    throw new InvalidArgumentError('It must be a number of minutes, hours or days: 30m, 24h, 7d.')
  }
  return Number(amount) * unitMs
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  const { out, sign, valid: validForMs, issuer, purpose } = options
  // Whatever is wrong with keys and files shows before anything is fetched.
  const signWith = await readPrivateKey({ option: '--sign', path: sign, use: 'sign' })
  const recipient = await recipientOf(options)
  const sentence = `A token is about to be written into ${out}, for whoever has what opens it.`
  await requireConsent({ what: 'bundle.created', question: { word: 'create', sentence } }, options, terminal)
  const connection = await connect(options, terminal)
  try {
    const { source } = connection
    const token = await source.token({ probe: true })
    const text = await createBundle({
      grants: [{ identity: await source.identity(), token }],
      for: recipient,
      signWith,
      validForMs,
      ...(issuer !== undefined && { issuer }),
      ...(purpose !== undefined && { purpose }),
    })
    await writeNewFile(out, text)
    const detail = { token: token.fingerprint, recipient: inspectBundle(text).recipient }
    await writtenDown({ what: 'bundle.created', outcome: 'done', detail }, terminal)
    const left = Number.isFinite(token.expiresAt) ? inWords(token.expiresAt - Date.now()) : 'without end'
    writeLine(
      terminal.stderr,
      `${out}: token ${token.fingerprint}, valid ${left}; to be imported within ${inWords(validForMs)}`,
    )
  } finally {
    await connection.close()
  }
}

async function recipientOf({ to, passphraseFile }: CreateOptions): Promise<Recipient> {
  if (to !== undefined) {
    return { publicKey: await readPublicKey({ option: '--to', path: to, use: 'encrypt' }) }
  }
  if (passphraseFile !== undefined) return { passphrase: await readPrivateFile(passphraseFile) }
  throw new UsageError('say who shall open it: --to with a public key, or --passphrase-file')
}
