import type { Token } from '@evergrant/runtime'
import { type Command, Option } from 'commander'
import { amount } from '../amount.ts'
import { type ConnectionOptions, connect, withConnection } from '../connection.ts'
import { type Terminal, writeLine } from '../terminal.ts'

interface TokenCommandOptions extends ConnectionOptions {
  readonly json?: boolean
  readonly header?: boolean
  readonly curl?: boolean
  readonly minValid?: number
}

const HELP = `
The token goes to standard output and nothing else does, so that it can be used in a script:

  TOKEN=$(evergrant token)
  evergrant token --sandbox --json

It is kept, and the next run hands out the same one until it is due for renewal; --store says where.
Tokens of an embedded sandbox are not kept.`

export function addTokenCommand(program: Command, terminal: Terminal): void {
  const command = program.command('token').description('obtain an access token and print it')
  withConnection(command)
    .addOption(new Option('--json', 'print what is known about the token, and the token, as JSON'))
    .addOption(new Option('--header', 'print an Authorization header').conflicts(['json', 'curl']))
    .addOption(new Option('--curl', 'print a curl command that uses the token').conflicts('json'))
    .option('--min-valid <seconds>', 'how long the token must at least live', amount)
    .addHelpText('after', HELP)
    .action((options: TokenCommandOptions) => printToken(options, terminal))
}

async function printToken(options: TokenCommandOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(options, terminal)
  try {
    const { minValid } = options
    const token = await connection.source.token({
      probe: true,
      ...(minValid !== undefined && { minValidForMs: minValid * 1000 }),
    })
    writeLine(terminal.stdout, formatted(token, options, connection.sandboxUrl ?? 'https://aip.baidubce.com'))
  } finally {
    await connection.close()
  }
}

function formatted(token: Token, options: TokenCommandOptions, origin: string): string {
  if (options.json) return JSON.stringify(describeToken(token), null, 2)
  if (options.header) return `Authorization: Bearer ${token.accessToken}`
  return options.curl ? curl(token, origin) : token.accessToken
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
