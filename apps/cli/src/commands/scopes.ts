import { readJwt, type ScopeReport, scopeLedger } from '@evergrant/core/calls'
import { BAIDU_SCOPES } from '@evergrant/provider-baidu/calls'
import type { Command } from 'commander'
import { type Connection, type ConnectionOptions, connectAs, withSignIn } from '../connection.ts'
import { EXIT } from '../exit-code.ts'
import { ReportedError, UsageError } from '../failure-report.ts'
import { labelsFor } from '../labels.ts'
import { PRESETS } from '../provider/provider-preset.ts'
import { painter, readsChinese, type Terminal, writeLine } from '../terminal.ts'

interface ScopesOptions extends ConnectionOptions {
  readonly needs: readonly string[]
  readonly json?: boolean
}

const HELP = `
What was granted comes from the token answer, or from the token itself where it
is a JWT. What is needed comes from the URLs that you name, as far as the
platform documents it, and from --needs. No call is made.

  evergrant scopes --sandbox
  evergrant scopes https://vop.baidu.com/server_api \\
    https://aip.baidubce.com/rest/2.0/ocr/v1/general_basic

It ends with code 3 when something is needed that was not granted. What is
granted and not needed could be taken away.`

export function addScopesCommand(program: Command, terminal: Terminal): void {
  const command = program.command('scopes').description('show what a token may do, and what calls need')
  withSignIn(command)
    .argument('[url...]', 'URLs of APIs that are called')
    .option('--needs <scope>', 'a scope that is needed, as often as there are', collect, [])
    .option('--json', 'print it as JSON')
    .addHelpText('after', HELP)
    .action((urls: readonly string[], options: ScopesOptions) => showScopes(urls, options, terminal))
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(/[\s,]+/).filter(scope => scope !== '')]
}

async function showScopes(
  urls: readonly string[],
  options: ScopesOptions,
  terminal: Terminal,
): Promise<void> {
  const targets = urls.map(parsed)
  const connection = await connectAs(options, terminal)
  try {
    const granted = await grantedBy(connection)
    const { scopes } = connection.api([])
    const needed = [...options.needs, ...targets.flatMap(target => scopes?.neededBy(target) ?? [])]
    if (granted === undefined) {
      tellNothing(needed, options, terminal)
      return
    }
    const ledger = scopeLedger()
    ledger.note(needed, granted)
    tell(ledger.report(), connection, options, terminal)
  } finally {
    await connection.close()
  }
}

function parsed(address: string): URL {
  if (URL.canParse(address)) return new URL(address)
  throw new UsageError(`this is not a URL: ${address}`)
}

async function grantedBy({ source }: Connection): Promise<readonly string[] | undefined> {
  const { scope, accessToken } = await source.token({ probe: true })
  return scope ?? readJwt(accessToken)?.scope
}

/** Nothing is known to be missing where nobody has said what was granted. */
function tellNothing(needed: readonly string[], { json }: ScopesOptions, { stdout, env }: Terminal): void {
  if (json) return writeLine(stdout, JSON.stringify({ granted: null, needed }, null, 2))
  writeLine(stdout, labelsFor(env).scopes.unknown)
}

function tell(
  report: ScopeReport,
  connection: Connection,
  { json }: ScopesOptions,
  terminal: Terminal,
): void {
  const { stdout, env } = terminal
  const labels = labelsFor(env)
  if (json) writeLine(stdout, JSON.stringify(report, null, 2))
  else {
    const paint = painter(stdout, env)
    const all = [...report.used, ...report.unused, ...report.missing]
    const width = Math.max(8, ...all.map(scope => scope.length))
    const rows = (sign: string, list: readonly string[], remark: string) => {
      for (const scope of list) {
        const meaning = meaningOf(scope, connection, terminal)
        const what = meaning === undefined ? remark : labels.scopes.means(remark, meaning)
        writeLine(stdout, `${sign} ${scope.padEnd(width)}  ${paint('dim', what)}`)
      }
    }
    rows(paint('green', '✓'), report.used, labels.scopes.used)
    rows(paint('dim', '·'), report.unused, labels.scopes.unused)
    rows(paint('red', '✗'), report.missing, labels.scopes.missing)
  }
  if (report.missing.length === 0) return
  const advice = connection.api([]).scopes?.adviceFor?.(report.missing)
  const words = readsChinese(env) ? advice?.zh : advice?.en
  writeLine(terminal.stderr, labels.whatToDo(words ?? labels.scopes.remedy))
  throw new ReportedError(EXIT.configure)
}

function meaningOf(scope: string, { preset }: Connection, { env }: Terminal): string | undefined {
  if (preset !== PRESETS.baidu || !Object.hasOwn(BAIDU_SCOPES, scope)) return undefined
  const meaning = BAIDU_SCOPES[scope]?.meaning
  return readsChinese(env) ? meaning?.zh : meaning?.en
}
