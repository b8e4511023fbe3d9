import { inWords } from '@evergrant/core'
import type { Command } from 'commander'
import { UsageError } from '../failure-report.ts'
import { painter, readAll, type Terminal, writeLine } from '../terminal.ts'
import { anatomyOf, type TokenAnatomy } from '../token-anatomy.ts'

const HELP = `
Nobody is asked and nothing is sent. A signature is neither needed nor checked:
this shows what a token says, not whether it is true. Arguments can be seen by
other users of a machine; "-" reads the token from standard input instead:

  evergrant token --sandbox | evergrant inspect -`

export function addInspectCommand(program: Command, terminal: Terminal): void {
  program
    .command('inspect')
    .description('show what a token says about itself: Baidu tokens and JWTs')
    .argument('<token>', 'the token, or "-" for standard input')
    .option('--json', 'print it as JSON')
    .addHelpText('after', HELP)
    .action(async (argument: string, options: { json?: boolean }) => {
      const text = (argument === '-' ? await readAll(terminal.stdin) : argument).trim()
      if (text === '') throw new UsageError('there is no token to inspect')
      show(anatomyOf(text), options.json === true, terminal)
    })
}

function show(anatomy: TokenAnatomy, json: boolean, { stdout, env }: Terminal): void {
  if (json) return writeLine(stdout, JSON.stringify(anatomy, null, 2))
  const paint = painter(stdout, env)
  for (const [name, value] of rows(anatomy, Date.now())) {
    writeLine(stdout, `${paint('dim', name.padEnd(12))} ${value}`)
  }
}

const FORMS: Readonly<Record<TokenAnatomy['form'], string>> = {
  baidu: 'a token of the Baidu AI Open Platform',
  jwt: 'a JSON Web Token; its signature was not checked',
  opaque: 'opaque: it tells nothing about itself',
}

function rows(anatomy: TokenAnatomy, now: number): [string, string][] {
  const { form, issuedAt, expiresAt, fingerprint, length, facts } = anatomy
  const about: [string, string][] = [['form', FORMS[form]]]
  for (const [name, value] of Object.entries(facts)) {
    about.push([
      name,
      typeof value === 'object'
        ? JSON.stringify(value, null, 2).replaceAll('\n', '\n             ')
        : String(value),
    ])
  }
  if (issuedAt !== undefined) about.push(['issued', `${when(issuedAt)}, ${distance(issuedAt, now)}`])
  if (expiresAt !== undefined) about.push(['expires', `${when(expiresAt)}, ${distance(expiresAt, now)}`])
  about.push(['fingerprint', fingerprint], ['length', `${length} characters`])
  return about
}

function when(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime())
    ? 'beyond all calendars'
    : date.toISOString().replace('T', ' ').replace('.000Z', ' UTC')
}

function distance(at: number, now: number): string {
  return at >= now ? `in ${inWords(at - now)}` : `${inWords(now - at)} ago`
}
