import { EvergrantError } from '@evergrant/core'
import { FAILURE_GUIDE } from '@evergrant/core/guides'
import { inChinese } from './chinese/failure-text.ts'
import { EXIT } from './exit-code.ts'
import { failureMessage } from './failure-message.ts'
import { CHINESE, ENGLISH, type Labels } from './labels.ts'
import { painter, readsChinese, type Terminal, writeLine } from './terminal.ts'

/** An API's error answer, already reported; ends the command with the code for that. */
export class ReportedError extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('reported')
    this.exitCode = exitCode
  }
}

/** Wrong usage that only shows when a command runs. */
export class UsageError extends Error {}

/** Tells a person what went wrong, whose problem it is and what to do, and returns the exit code. */
export function reportFailure(error: unknown, terminal: Terminal): number {
  const { stderr, env } = terminal
  const paint = painter(stderr, env)
  if (error instanceof ReportedError) return error.exitCode
  if (error instanceof UsageError) {
    writeLine(stderr, `${paint('red', 'evergrant:')} ${error.message}`)
    return EXIT.usage
  }
  if (!EvergrantError.is(error)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    writeLine(stderr, `${paint('red', 'evergrant: this should not have happened.')}\n${text}`)
    return EXIT.defect
  }
  const [headline, ...lines] = readsChinese(env) ? linesInChinese(error) : linesInEnglish(error)
  writeLine(stderr, `${paint('red', `evergrant: ${error.code}:`)} ${headline}`)
  for (const line of lines) writeLine(stderr, `  ${line}`)
  return EXIT[error.kind]
}

/** Remedies for programs that are others on the command line, or none: what an option has to be is in the message. */
const REMEDIES: ReadonlyMap<string, string | undefined> = new Map([
  ['insecure_endpoint', 'Use https.'],
  ['invalid_option', undefined],
  ['lifetime_too_short', 'Ask for less than the full lifetime of a token with --min-valid.'],
  ['record_sealed', 'Name the keyring with --keyring, or in EVERGRANT_KEYRING.'],
])

function linesInEnglish(error: EvergrantError): string[] {
  const guidance = Object.entries(FAILURE_GUIDE).find(([code]) => code === error.code)?.[1]
  const known = REMEDIES.has(error.code) ? REMEDIES.get(error.code) : guidance?.remedy
  const remedy = error.advice?.en ?? remedyFor(error, known)
  return [failureMessage(error), ...details(error, remedy, ENGLISH)]
}

/** The remedies are those of programs, which wait and try again by themselves; a command has ended. */
function remedyFor({ kind }: EvergrantError, remedy: string | undefined): string | undefined {
  if (!remedy?.startsWith('Nothing')) return remedy
  return kind === 'retry' ? ENGLISH.runAgain : undefined
}

/** What a message says besides what its code means stands below that, in English as it is. */
function linesInChinese(error: EvergrantError): string[] {
  const text = inChinese(error)
  if (text === undefined) return [error.message, ...details(error, error.advice?.zh, CHINESE)]
  const { meaning, remedy, particulars } = text
  const known = error.code === 'invalid_option' ? undefined : remedy
  const advice = error.advice?.zh ?? known ?? (error.kind === 'retry' ? CHINESE.runAgain : undefined)
  return [
    meaning,
    ...(particulars === undefined ? [] : [`详情：${particulars}`]),
    ...details(error, advice, CHINESE),
  ]
}

function details(error: EvergrantError, remedy: string | undefined, labels: Labels): string[] {
  const { kind, description, retryAfterMs, status } = error
  const lines: string[] = []
  if (description !== undefined) lines.push(labels.serverSaid(description))
  if (remedy !== undefined) lines.push(labels.whatToDo(remedy))
  // What has to be configured may be tried as soon as it is.
  if (kind !== 'configure' && retryAfterMs !== undefined && Number.isFinite(retryAfterMs)) {
    lines.push(labels.notBefore(Math.ceil(retryAfterMs / 1000)))
  }
  if (status !== undefined) lines.push(labels.httpStatus(status))
  return lines
}
