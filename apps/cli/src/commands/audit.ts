import { readFile } from 'node:fs/promises'
import { type AuditVerdict, auditReport, type KeyReport, verifyAudit } from '@evergrant/audit'
import type { Command } from 'commander'
import { amount } from '../amount.ts'
import { EXIT } from '../exit-code.ts'
import { ReportedError, UsageError } from '../failure-report.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface AuditCommandOptions {
  readonly publicKey?: string
  readonly head: readonly string[]
  readonly json?: boolean
}

interface ReportCommandOptions {
  readonly unusedAfterDays: number
  readonly json?: boolean
}

const HELP = `
EVERGRANT_AUDIT=<directory> has every command write down what it does with keys,
and EVERGRANT_AUDIT_KEY=<file> has it signed. Keep the head that "verify" prints
elsewhere: with --head, a log that was cut since is found out.`

export function addAuditCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('audit')
    .description('verify and sum up the log of what was done with keys')
    .addHelpText('after', HELP)
  command
    .command('verify [directory]')
    .description('find lines that were changed, removed or put in another order')
    .option('--public-key <path>', 'the Ed25519 key, in PEM, that every line must be signed with')
    .option('--head <chain:number:hash>', 'an entry that has to be there; may be repeated', gathered, [])
    .option('--json', 'print the verdict as JSON')
    .action((directory: string | undefined, options: AuditCommandOptions) =>
      verify(directoryOf(directory, terminal), options, terminal),
    )
  command
    .command('report [directory]')
    .description('say of every key when and where it was used, and what failed')
    .option('--unused-after-days <days>', 'call a key unused that nobody has used for so long', amount, 30)
    .option('--json', 'print the report as JSON')
    .action((directory: string | undefined, options: ReportCommandOptions) =>
      report(directoryOf(directory, terminal), options, terminal),
    )
}

function directoryOf(directory: string | undefined, { env }: Terminal): string {
  const named = directory ?? env.EVERGRANT_AUDIT
  if (named) return named
  throw new UsageError('name the directory of the log, or set EVERGRANT_AUDIT')
}

function gathered(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

async function verify(directory: string, options: AuditCommandOptions, terminal: Terminal): Promise<void> {
  const { publicKey, head, json } = options
  const verdict = await verifyAudit(directory, {
    ...(publicKey !== undefined && { publicKey: await readFile(publicKey, 'utf8') }),
    heads: head.map(headOf),
    onProgress: lines => progress(lines, terminal),
  })
  if (terminal.stderr.isTTY) terminal.stderr.write('\r')
  writeLine(terminal.stdout, json ? JSON.stringify(verdict, null, 2) : inWords(verdict, terminal))
  if (!verdict.sound) throw new ReportedError(EXIT.distrust)
}

function headOf(text: string): { chain: string; number: number; hash: string } {
  const [, chain = '', number = '', hash = ''] = /^([\w-]+):(\d+):([\w-]+)$/.exec(text) ?? []
  if (hash === '') throw new UsageError(`this is not a head as "audit verify" prints it: ${text}`)
  return { chain, number: Number(number), hash }
}

function progress(lines: number, { stderr }: Terminal): void {
  if (stderr.isTTY) stderr.write(`\r${lines} lines`)
}

function inWords({ sound, chains, problems }: AuditVerdict, { stdout, env }: Terminal): string {
  const paint = painter(stdout, env)
  const lines = problems.map(({ file, line, message }) => {
    const place = line === undefined ? file : `${file}:${line}`
    return paint('red', `${place}: ${message}`)
  })
  const entries = chains.reduce((sum, chain) => sum + chain.entries, 0)
  lines.push(
    sound
      ? paint(
          'green',
          `sound: ${counted(entries, 'entry', 'entries')} in ${counted(chains.length, 'chain', 'chains')}`,
        )
      : paint(
          'red',
          `not sound: ${counted(problems.length, 'problem', 'problems')} in ${counted(entries, 'entry', 'entries')}`,
        ),
  )
  for (const { head } of chains) lines.push(`head ${head.chain}:${head.number}:${head.hash}`)
  return lines.join('\n')
}

async function report(directory: string, options: ReportCommandOptions, terminal: Terminal): Promise<void> {
  const sums = auditReport()
  const { sound } = await verifyAudit(directory, {
    onRecord: sums.add,
    onProgress: lines => progress(lines, terminal),
  })
  const { stdout, stderr, env } = terminal
  if (stderr.isTTY) stderr.write('\r')
  const keys = sums.keys(Date.now(), options.unusedAfterDays * 86_400_000)
  writeLine(stdout, options.json ? JSON.stringify(keys, null, 2) : keys.map(keyInWords).join('\n\n'))
  if (sound) return
  writeLine(
    stderr,
    painter(stderr, env)('red', `The log is not sound; run: evergrant audit verify ${directory}`),
  )
  throw new ReportedError(EXIT.distrust)
}

function keyInWords(key: KeyReport): string {
  const failures = Object.entries(key.codes).map(([code, times]) => `${times} × ${code}`)
  return [
    `${key.provider} ${key.grant}${key.unused ? ' (unused)' : ''}`,
    `  used       ${dayOf(key.firstUseAt)} to ${dayOf(key.lastUseAt)}`,
    `  on         ${key.hosts.join(', ')}${key.users.length === 0 ? '' : ` by ${key.users.join(', ')}`}`,
    `  requests   ${key.requests}`,
    `  failures   ${[String(key.failures), ...failures].join(', ')}`,
    `  rejections ${key.rejections}`,
  ].join('\n')
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
