import { FAILURE_CODES } from '@evergrant/core'
import { type RekeyProgress, rekey } from '@evergrant/store-layers'
import type { Command } from 'commander'
import { EXIT } from '../exit-code.ts'
import { ReportedError, UsageError } from '../failure-report.ts'
import { readKeyringFile } from '../keyring/keyring-file.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../second-factor/sensitive-act.ts'
import { requireStore, storeAt } from '../store-place.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'

interface RekeyCommandOptions extends ConsentOptions {
  readonly store?: string
  readonly keyring?: string
  readonly plain?: boolean
  readonly json?: boolean
}

const HELP = `
Every record is replaced on its own, and only as it was read: the command may be
killed, run again, and run while others use the store. What cannot be opened is
left as it is, and counted.`

/** Records between two lines of progress, where nobody watches. */
const EVERY = 1_000

export function addRekeyCommand(program: Command, terminal: Terminal): void {
  withConsent(program.command('rekey'), false)
    .description('seal everything in a store under the current key of the keyring')
    .option('--store <place>', 'a directory, or a redis: URL (EVERGRANT_STORE)')
    .option('--keyring <path>', 'the keyring, the current key first (EVERGRANT_KEYRING)')
    .option('--plain', 'seal records in clear, too: those from before sealing began')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action((options: RekeyCommandOptions) => run(options, terminal))
}

async function run(options: RekeyCommandOptions, terminal: Terminal): Promise<void> {
  const file = options.keyring ?? terminal.env.EVERGRANT_KEYRING
  if (!file) throw new UsageError('name the keyring with --keyring')
  const { ring } = await readKeyringFile(file, terminal.env)
  await requireStore(options.store, terminal)
  await requireConsent({ what: 'store.rekeyed' }, options, terminal)
  const store = await storeAt(options.store, terminal)
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const { plain = false, json = false } = options
    const onProgress = (progress: RekeyProgress) => tell(progress, terminal)
    const done = await rekey(store, ring, { plain, signal: stop.signal, onProgress })
    if (terminal.stderr.isTTY) writeLine(terminal.stderr)
    writeLine(terminal.stdout, json ? asJson(done, ring.currentId) : inLines(done, ring.currentId, terminal))
    if (stop.signal.aborted) throw new ReportedError(EXIT.cancelled)
    if (done.left.size > 0) throw new ReportedError(EXIT.configure)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await store.close?.()
  }
}

function tell({ looked, rewritten }: RekeyProgress, { stderr }: Terminal): void {
  const text = `${looked} looked at, ${rewritten} sealed anew`
  if (stderr.isTTY) stderr.write(`\r${text}`)
  else if (looked % EVERY === 0) writeLine(stderr, text)
}

function asJson({ looked, rewritten, current, left, reasons }: RekeyProgress, currentId: string): string {
  const result = {
    key: currentId,
    looked,
    rewritten,
    current,
    left: Object.fromEntries(left),
    reasons: Object.fromEntries(reasons),
  }
  return JSON.stringify(result, null, 2)
}

function inLines(progress: RekeyProgress, currentId: string, { stdout, env }: Terminal): string {
  const { rewritten, current, left, reasons } = progress
  const paint = painter(stdout, env)
  const lines = [`${rewritten + current} under the key "${currentId}", ${rewritten} of them sealed anew`]
  for (const [under, count] of left) {
    const where =
      under === 'plain' ? 'in clear' : under === 'unknown' ? 'garbled' : `under the key "${under}"`
    lines.push(paint('yellow', `${count} left ${where}`))
  }
  for (const [code, count] of reasons) lines.push(`  ${count} × ${code}: ${meaningOf(code)}`)
  return lines.join('\n')
}

function meaningOf(code: string): string {
  if (code === 'busy') return 'Others kept writing; run it again.'
  if (code === 'record_not_sealed') return 'A record in clear; --plain seals those, too.'
  const known = Object.entries(FAILURE_CODES).find(([name]) => name === code)?.[1]
  return known?.[1] ?? 'It cannot be opened.'
}
