import { EvergrantError } from '@evergrant/core'
import { FAILURE_GUIDE } from '@evergrant/core/guides'
import { EXIT } from './exit-code.ts'
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
  writeLine(stderr, `${paint('red', `evergrant: ${error.code}:`)} ${error.message}`)
  for (const line of details(error, readsChinese(env))) writeLine(stderr, `  ${line}`)
  return EXIT[error.kind]
}

function details(error: EvergrantError, chinese: boolean): string[] {
  const guidance = Object.entries(FAILURE_GUIDE).find(([code]) => code === error.code)?.[1]
  const advice = (chinese ? error.advice?.zh : error.advice?.en) ?? remedyFor(error, guidance?.remedy)
  const lines: string[] = []
  if (error.description !== undefined) lines.push(`the server said: ${error.description}`)
  if (advice !== undefined) lines.push(`what to do: ${advice}`)
  if (error.retryAfterMs !== undefined && Number.isFinite(error.retryAfterMs)) {
    lines.push(`not before: ${Math.ceil(error.retryAfterMs / 1000)} s from now`)
  }
  if (error.status !== undefined) lines.push(`HTTP status: ${error.status}`)
  return lines
}

/** The remedies are those of programs, which wait and try again by themselves; a command has ended. */
function remedyFor({ kind }: EvergrantError, remedy: string | undefined): string | undefined {
  if (!remedy?.startsWith('Nothing')) return remedy
  return kind === 'retry' ? 'Run the command again.' : undefined
}
