import { type Command, Option } from 'commander'
import type { Finding } from '../doctor/finding.ts'
import { lookAround, type StorePlace } from '../doctor/look-around.ts'
import { type KeyPlaces, lookAtKeys } from '../doctor/look-at-keys.ts'
import { lookIntoSource } from '../doctor/look-into-source.ts'
import { EXIT } from '../exit-code.ts'
import { ReportedError, UsageError } from '../failure-report.ts'
import { PRESET_NAMES } from '../provider/provider-preset.ts'
import { painter, readsChinese, type Terminal, writeLine } from '../terminal.ts'

interface DoctorOptions extends KeyPlaces, StorePlace {
  readonly source?: string
  readonly sourceOnly?: boolean
  readonly json?: boolean
}

const HELP = `
Looks at this machine only, and asks nobody but the store and the key service
that are configured. With --source, the files below a directory are searched for
the very keys that are configured, and for texts that look like secrets. It ends
with code 3 if there is anything to mend, so that it can stand in a build:

  evergrant doctor --source . --source-only

A line with the words "evergrant: not a secret" is passed over.`

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('look for what is wrong with keys, their files and what surrounds them')
    .addOption(
      new Option('--provider <name>', 'whose keys; of baidu if nothing is said').choices(PRESET_NAMES),
    )
    .option('--api-key-file <path>', 'the API Key, or the id, is in a file instead of the environment')
    .option('--secret-key-file <path>', 'the Secret Key, or the secret, is in a file')
    .option('--store <place>', 'a directory, or a redis: URL (EVERGRANT_STORE)')
    .option('--keyring <path>', 'what is kept is sealed with the keys of this file (EVERGRANT_KEYRING)')
    .option('--source <directory>', 'search the files below it for the keys, and for what looks like some')
    .option('--source-only', 'look at nothing else: for a build, where no keys are')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', HELP)
    .action((options: DoctorOptions) => examine(options, terminal))
}

async function examine(options: DoctorOptions, terminal: Terminal): Promise<void> {
  const { stdout, stderr } = terminal
  if (options.sourceOnly && options.source === undefined)
    throw new UsageError('name a directory with --source')
  const { id, secret, findings: ofKeys } = await lookAtKeys(options, terminal)
  const findings = options.sourceOnly ? [] : [...ofKeys, ...(await lookAround(options, terminal))]
  if (options.source !== undefined) {
    const keys = [id, secret].filter(key => key !== undefined)
    const onProgress = (files: number) => stderr.isTTY && stderr.write(`\r${files} files`)
    findings.push(...(await lookIntoSource(options.source, keys, onProgress)))
    if (stderr.isTTY) stderr.write('\r')
  }
  writeLine(
    stdout,
    options.json
      ? JSON.stringify(findings.map(asJson), null, 2)
      : findings.map(each => inWords(each, terminal)).join('\n'),
  )
  if (findings.some(({ verdict }) => verdict === 'bad')) throw new ReportedError(EXIT.configure)
}

const SIGNS = { good: ['green', '✓'], note: ['yellow', '·'], bad: ['red', '✗'] } as const

function inWords({ verdict, text, remedy }: Finding, { stdout, env }: Terminal): string {
  const [colour, sign] = SIGNS[verdict]
  const language = readsChinese(env) ? 'zh' : 'en'
  const line = `${painter(stdout, env)(colour, sign)} ${text[language]}`
  return remedy === undefined ? line : `${line}\n    ${remedy[language]}`
}

/** For programs: in English, whoever runs them. */
function asJson({ text, remedy, ...about }: Finding): unknown {
  return { ...about, text: text.en, ...(remedy !== undefined && { remedy: remedy.en }) }
}
