import { createInterface } from 'node:readline/promises'
import { EvergrantError, fail } from '@evergrant/core'
import type { Command } from 'commander'
import { writtenDown } from '../audit-place.ts'
import { UsageError } from '../failure-report.ts'
import { painter, type Terminal, writeLine } from '../terminal.ts'
import { withFactor } from './factor-place.ts'

/** What a command is about to do that is not done by mistake, or by just anybody. */
export interface SensitiveAct {
  /** Its name in the audit log, as `token.revoked`. */
  readonly what: string
  /**
   * What is asked where there is no second verification. Absent: nothing, for whoever types the command knows what it
   * does.
   */
  readonly question?: {
    /** What is about to happen, as a sentence. */
    readonly sentence: string
    /** The word to type. */
    readonly word: string
  }
}

/** How it was allowed. */
export interface ConsentOptions {
  readonly yes?: boolean
  readonly code?: string
}

/** Adds the options of a command that does something sensitive. `asks`: for a word, where there is no second verification. */
export function withConsent(command: Command, asks: boolean): Command {
  return command
    .option(
      '--yes',
      asks ? 'do it without asking: for scripts' : 'without effect: this command asks for a code at most',
    )
    .option('--code <digits>', 'the code of the second verification, where one was set up')
}

/**
 * Lets a sensitive act go on, or throws. Where a second verification was set up, its code is wanted, asked for at a
 * terminal; where not, the word of the act has to be typed, or `--yes` be given. What was decided goes into the audit log before
 * the act does.
 */
export async function requireConsent(
  act: SensitiveAct,
  options: ConsentOptions,
  terminal: Terminal,
): Promise<void> {
  try {
    const how = await consentTo(act, options, terminal)
    await writtenDown({ what: act.what, outcome: 'begun', detail: { consent: how } }, terminal)
  } catch (error) {
    const code = EvergrantError.is(error) ? error.code : 'not_confirmed'
    await writtenDown({ what: act.what, outcome: 'refused', detail: { code } }, terminal)
    throw error
  }
}

async function consentTo(act: SensitiveAct, options: ConsentOptions, terminal: Terminal): Promise<string> {
  return withFactor(terminal, async factor => {
    if (await factor.isSetUp()) {
      await factor.verify(options.code ?? (await askForCode(terminal)))
      return options.code === undefined ? 'code typed' : 'code given'
    }
    const { question } = act
    if (question === undefined) return 'command'
    if (options.yes) return 'option'
    const { stderr, env } = terminal
    writeLine(stderr, painter(stderr, env)('yellow', question.sentence))
    const typed = await ask(`Type "${question.word}" to go on: `, terminal)
    if (typed === undefined) {
      throw new UsageError(`nobody is there to confirm this; add --yes to do it from a script`)
    }
    if (typed.trim() !== question.word) throw new EvergrantError(fail('not_confirmed'))
    return 'word typed'
  })
}

async function askForCode(terminal: Terminal): Promise<string> {
  const code = await ask('Code of the second verification: ', terminal)
  if (code !== undefined) return code
  throw new UsageError('a second verification was set up; add its code with --code')
}

/** Asks at the terminal; `undefined` when there is none. */
export async function ask(question: string, { stdin, stderr }: Terminal): Promise<string | undefined> {
  if (!stdin.isTTY) return undefined
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}
