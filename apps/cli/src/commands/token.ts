import type { Token } from '@evergrant/runtime'
import { type Command, Option } from 'commander'
import { amount } from '../amount.ts'
import { type Connection, type ConnectionOptions, connectAs, withSignIn } from '../connection.ts'
import { UsageError } from '../failure-report.ts'
import { PRESETS } from '../provider/provider-preset.ts'
import { type Terminal, writeLine } from '../terminal.ts'

interface TokenCommandOptions extends ConnectionOptions {
  readonly json?: boolean
  readonly header?: boolean
  readonly curl?: boolean
  readonly minValid?: number
}

const HELP = `
The token goes to standard output and nothing else does, so that it can be used
in a script:

  TOKEN=$(evergrant token)
  evergrant token --sandbox --json
  evergrant token --provider wechat  # with WECHAT_APP_ID and WECHAT_APP_SECRET

After "evergrant login" it is a token of that sign-in: of the one that --as
names, or of the default one where no keys are given.

It is kept, and the next run hands out the same one until it is due for renewal;
--store says where. Tokens of an embedded sandbox are not kept.`

export function addTokenCommand(program: Command, terminal: Terminal): void {
  const command = program.command('token').description('obtain an access token and print it')
  withSignIn(command)
    .addOption(new Option('--json', 'print what is known about the token, and the token, as JSON'))
    .addOption(new Option('--header', 'print the header field that carries it').conflicts(['json', 'curl']))
    .addOption(new Option('--curl', 'print a curl command that uses the token').conflicts('json'))
    .option('--min-valid <seconds>', 'how long the token must at least live', amount)
    .addHelpText('after', HELP)
    .action((options: TokenCommandOptions) => printToken(options, terminal))
}

async function printToken(options: TokenCommandOptions, terminal: Terminal): Promise<void> {
  if (options.curl && options.sandbox) {
    throw new UsageError(
      'the sandbox of --sandbox ends with this command, before curl could ask it; run "evergrant sandbox", and name it with --sandbox-url',
    )
  }
  const connection = await connectAs(options, terminal)
  try {
    const { minValid } = options
    const form = formOf(options, connection)
    const token = await connection.source.token({
      probe: true,
      ...(minValid !== undefined && { minValidForMs: minValid * 1000 }),
    })
    writeLine(terminal.stdout, form(token))
  } finally {
    await connection.close()
  }
}

/** How a token is printed. Throws for a form that makes no sense with its APIs. */
function formOf(
  { json, header, curl: asCurl }: TokenCommandOptions,
  { preset, signedIn, sandboxUrl, label }: Connection,
): (token: Token) => string {
  if (json) return token => JSON.stringify(describeToken(token), null, 2)
  if (header) {
    if (preset === undefined) return ({ accessToken }) => `Authorization: Bearer ${accessToken}`
    const { header: line } = preset
    if (line !== undefined) return ({ accessToken }) => line(accessToken)
    throw new UsageError(`the APIs of ${label} take the token in the query; "evergrant call" puts it there`)
  }
  if (!asCurl) return ({ accessToken }) => accessToken
  if (preset !== PRESETS.baidu || signedIn) {
    throw new UsageError('--curl is for keys of Baidu; "evergrant call" is for every API')
  }
  return token => curl(token, sandboxUrl ?? 'https://aip.baidubce.com')
}

function describeToken({ accessToken, tokenType, expiresAt, lifetime, scope, fingerprint }: Token) {
  const endless = !Number.isFinite(expiresAt)
  return {
    access_token: accessToken,
    token_type: tokenType,
    expires_at: endless ? null : new Date(expiresAt).toISOString(),
    expires_in: endless ? null : Math.max(0, Math.floor((expiresAt - Date.now()) / 1000)),
    lifetime,
    scope: scope ?? [],
    fingerprint,
  }
}

/** A call that everybody can understand: a word is translated. */
function curl(token: Token, origin: string): string {
  return [
    `curl '${origin}/rpc/2.0/mt/texttrans/v1?access_token=${token.accessToken}'`,
    "  -H 'Content-Type: application/json'",
    `  -d '{"q":"你好","from":"zh","to":"en"}'`,
  ].join(' \\\n')
}
