import {
  clockMemory,
  type ImportOutcome,
  importBundle,
  inspectBundle,
  type OpenedBundle,
  type Opener,
  openBundle,
} from '@evergrant/bundle'
import { untrustedText } from '@evergrant/core'
import { type Command, Option } from 'commander'
import { writtenDown } from '../audit-place.ts'
import { UsageError } from '../failure-report.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../second-factor/sensitive-act.ts'
import { storeFor } from '../store-place.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'
import { readPrivateKey, readPublicKey } from './key-file.ts'
import { readPrivateFile, readTextFile } from './private-file.ts'

interface OpenOptions extends ConsentOptions {
  readonly key?: string
  readonly passphraseFile?: string
  readonly trust: readonly string[]
  readonly provider?: string
  readonly json?: boolean
  readonly reveal?: boolean
}

interface ImportOptions extends OpenOptions {
  readonly store?: string
  readonly keyring?: string
  readonly forgetClock?: boolean
}

export function addInspectCommand(bundle: Command, terminal: Terminal): void {
  bundle
    .command('inspect')
    .description('show whom a bundle is for and until when; no key is needed, and nothing is verified')
    .argument('<file>', 'the bundle')
    .option('--json', 'print it as JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { format, sealing, recipient, issuedAt, expiresAt } = inspectBundle(await readTextFile(file))
      const facts = { format, for: sealing, recipient, made: when(issuedAt), 'open by': when(expiresAt) }
      if (json) writeLine(terminal.stdout, JSON.stringify(facts, null, 2))
      else printRows(Object.entries(facts), terminal)
    })
}

export function addOpenCommand(bundle: Command, terminal: Terminal): void {
  withOpening(bundle.command('open').description('verify a bundle and list what is inside'))
    .option('--reveal', 'print the tokens, too')
    .option('--json', 'print it as JSON')
    .action(async (file: string, options: OpenOptions) => {
      const opened = await openFile(file, options)
      if (options.reveal) await consentToReveal(opened, options, terminal)
      if (options.json) writeLine(terminal.stdout, JSON.stringify(asJson(opened, options), null, 2))
      else print(opened, options, terminal)
    })
}

export function addImportCommand(bundle: Command, terminal: Terminal): void {
  withOpening(bundle.command('import').description('put what is inside a bundle into a store'))
    .option('--store <place>', 'a directory, a redis: URL, or "memory" (EVERGRANT_STORE)')
    .option('--keyring <path>', 'seal what is kept with the keys of this file (EVERGRANT_KEYRING)')
    .option('--forget-clock', 'forget the latest time that was seen, once the clock has been set right')
    .action((file: string, options: ImportOptions) => importFile(file, options, terminal))
}

function withOpening(command: Command): Command {
  return withConsent(command, true)
    .argument('<file>', 'the bundle')
    .option('--key <file>', 'the private key of the recipient')
    .addOption(new Option('--passphrase-file <file>', 'the passphrase, in its place').conflicts('key'))
    .option('--trust <file>', 'a public key whose bundles are accepted, as often as needed', collect, [])
    .option('--provider <name>', 'accept tokens of this provider only')
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function openFile(file: string, options: OpenOptions): Promise<OpenedBundle> {
  const { trust, provider } = options
  if (trust.length === 0) throw new UsageError('name the public key of who made the bundle with --trust')
  return openBundle(await readTextFile(file), {
    ...(await openerOf(options)),
    trusted: await Promise.all(trust.map(path => readPublicKey({ option: '--trust', path, use: 'sign' }))),
    ...(provider !== undefined && { providers: [provider] }),
  })
}

async function openerOf({ key, passphraseFile }: OpenOptions): Promise<Opener> {
  if (key !== undefined) {
    return { key: await readPrivateKey({ option: '--key', path: key, use: 'encrypt' }) }
  }
  if (passphraseFile !== undefined) return { passphrase: await readPrivateFile(passphraseFile) }
  throw new UsageError('name what opens it: --key with a private key, or --passphrase-file')
}

function consentToReveal(opened: OpenedBundle, options: OpenOptions, terminal: Terminal): Promise<void> {
  const sentence = `The tokens of ${countOf(opened.grants.length)} are about to be shown.`
  return requireConsent(
    { what: 'bundle.revealed', question: { word: 'reveal', sentence } },
    options,
    terminal,
  )
}

function asJson({ grants, ...about }: OpenedBundle, { reveal }: OpenOptions) {
  const revealed = grants.map(grant => ({ ...grant, ...(reveal && { accessToken: grant.accessToken }) }))
  return { ...about, grants: revealed }
}

function print(opened: OpenedBundle, { reveal }: OpenOptions, terminal: Terminal): void {
  const { signer, issuer, purpose, issuedAt, expiresAt, grants } = opened
  printRows(
    [
      ['signed by', signer],
      ['issuer', issuer ?? '-'],
      ['purpose', purpose ?? '-'],
      ['made', when(issuedAt)],
      ['open by', when(expiresAt)],
    ],
    terminal,
  )
  for (const { identity, fingerprint, expiresAt: end, scope, hasRefreshToken, accessToken } of grants) {
    writeLine(terminal.stdout)
    printRows(
      [
        ['provider', untrustedText(identity.provider)],
        ['client', untrustedText(identity.clientId)],
        ['token', reveal ? accessToken : `${fingerprint} (its fingerprint)`],
        ['expires', when(end)],
        ['scopes', untrustedText(scope?.join(' ') ?? '') || '-'],
        ['refreshable', hasRefreshToken ? 'yes' : 'no'],
      ],
      terminal,
    )
  }
}

const OUTCOMES: Readonly<Record<ImportOutcome, string>> = {
  imported: 'imported',
  known: 'kept: the store has this very token',
  newer: 'kept: the store has a token that is no worse',
  busy: 'kept: the grant is being renewed at this moment',
  expired: 'left out: its token has expired',
}

async function importFile(file: string, options: ImportOptions, terminal: Terminal): Promise<void> {
  const opened = await openFile(file, options)
  const sentence = `The tokens of ${countOf(opened.grants.length)} are about to be put into the store.`
  await requireConsent({ what: 'bundle.imported', question: { word: 'import', sentence } }, options, terminal)
  const store = await storeFor(options, terminal)
  try {
    if (options.forgetClock) await clockMemory(store).forget()
    const results = await importBundle(opened, store)
    const imported = results.filter(({ outcome }) => outcome === 'imported').length
    const detail = { bundle: opened.id, signer: opened.signer, imported, kept: results.length - imported }
    await writtenDown({ what: 'bundle.imported', outcome: 'done', detail }, terminal)
    for (const { grant, outcome } of results) {
      const { fingerprint } = grant
      const name = untrustedText(`${grant.identity.provider} ${grant.identity.clientId}`)
      writeLine(terminal.stdout, `${name} ${fingerprint} ${OUTCOMES[outcome]}`)
    }
  } finally {
    await store.close?.()
  }
}

function printRows(rows: readonly (readonly [string, unknown])[], { stdout, env }: Terminal): void {
  const paint = painter(stdout, env)
  for (const [name, value] of rows) writeLine(stdout, `${paint('dim', name.padEnd(12))} ${value}`)
}

function when(at: number): string {
  if (at === Number.POSITIVE_INFINITY) return 'never'
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? 'beyond all calendars' : date.toISOString()
}

function countOf(grants: number): string {
  return `${grants} grant${grants === 1 ? '' : 's'}`
}
