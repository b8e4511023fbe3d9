import { EvergrantError } from '@evergrant/core'
import { FAILURE_GUIDE } from '@evergrant/core/guides'
import { inChinese } from './chinese/failure-text.ts'
import { EXIT } from './exit-code.ts'
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

function linesInEnglish(error: EvergrantError): string[] {
  const guidance = Object.entries(FAILURE_GUIDE).find(([code]) => code === error.code)?.[1]
  const remedy = error.advice?.en ?? remedyFor(error, guidance?.remedy)
  return [error.message, ...details(error, remedy, ENGLISH)]
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
  const advice = error.advice?.zh ?? remedy ?? (error.kind === 'retry' ? CHINESE.runAgain : undefined)
  return [
    meaning,
    ...(particulars === undefined ? [] : [`详情：${particulars}`]),
    ...details(error, advice, CHINESE),
  ]
}

function details(error: EvergrantError, remedy: string | undefined, labels: Labels): string[] {
  const { description, retryAfterMs, status } = error
  const lines: string[] = []
  if (description !== undefined) lines.push(labels.serverSaid(description))
  if (remedy !== undefined) lines.push(labels.whatToDo(remedy))
  if (retryAfterMs !== undefined && Number.isFinite(retryAfterMs)) {
    lines.push(labels.notBefore(Math.ceil(retryAfterMs / 1000)))
  }
  if (status !== undefined) lines.push(labels.httpStatus(status))
  return lines
}
