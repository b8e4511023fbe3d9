import type { Command } from 'commander'
import { padded } from '../columns.ts'
import { UsageError } from '../failure-report.ts'
import { type InspectWords, inspectWords } from '../inspect-words.ts'
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
  const words = inspectWords(env)
  for (const [name, value] of rows(anatomy, Date.now(), words)) {
    writeLine(stdout, `${paint('dim', padded(words.names[name] ?? name, 12))} ${value}`)
  }
}

function rows(anatomy: TokenAnatomy, now: number, words: InspectWords): [string, string][] {
  const { form, issuedAt, expiresAt, fingerprint, length, facts } = anatomy
  const about: [string, string][] = [['form', words.forms[form]]]
  for (const [name, value] of Object.entries(facts)) {
    about.push([
      name,
      typeof value === 'object'
        ? JSON.stringify(value, null, 2).replaceAll('\n', '\n             ')
        : words.fact(name, String(value)),
    ])
  }
  if (issuedAt !== undefined) about.push(['issued', when(issuedAt, now, words)])
  if (expiresAt !== undefined) about.push(['expires', when(expiresAt, now, words)])
  about.push(['fingerprint', fingerprint], ['length', words.characters(length)])
  return about
}

function when(at: number, now: number, { beyondCalendars, comma, ahead, ago }: InspectWords): string {
  const date = new Date(at)
  const said = Number.isNaN(date.getTime())
    ? beyondCalendars
    : date.toISOString().replace('T', ' ').replace('.000Z', ' UTC')
  return `${said}${comma}${at >= now ? ahead(at - now) : ago(now - at)}`
}
