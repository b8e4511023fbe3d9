import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs Node anew, in the folder of this package, and returns the JSON on the last line of what it printed. Each
 * library is measured in a process of its own, where no other can have spoiled the engine's shortcuts.
 */
export async function runNode<Result>(args: readonly string[]): Promise<Result> {
  const { stdout } = await exec(process.execPath, args, { cwd: PACKAGE })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result
}

/** Runs a file of `src` with one argument, as JSON. */
export function runFile<Result>(
  file: string,
  argument: unknown,
  flags: readonly string[] = [],
): Promise<Result> {
  return runNode([...flags, `src/${file}`, JSON.stringify(argument)])
}

/** The argument that `runFile` gave to this process. */
export function givenArgument<Argument>(): Argument {
  return JSON.parse(process.argv[2] ?? '') as Argument
}

/** Tells the process that started this one what was found, and ends, whatever a library has left open. */
export function giveBack(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit())
}
