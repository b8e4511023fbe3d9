import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Sees to it that no server outlives the tests, however they end.
 *
 * A process that is killed cannot clean up after itself. So another one, in a process group of its own, is told
 * of every server and folder over a pipe; when the pipe closes, because whoever held it is gone, it ends and
 * removes what is left.
 */
let guard: ChildProcess | undefined

function tell(line: string): void {
  if (guard === undefined) {
    const program = fileURLToPath(new URL('./guard-process.ts', import.meta.url))
    guard = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    guard.unref()
  }
  const { stdin } = guard
  if (stdin === null) return
  // Nor does the pipe keep this process alive.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  stdin.write(`${line}\n`)
}

/** From now on this process does not outlive us. */
export function guardProcess(pid: number): void {
  tell(`process ${pid}`)
}

/** The process has ended; its number may be given to another. */
export function releaseProcess(pid: number): void {
  tell(`ended ${pid}`)
}

/** From now on this folder does not outlive us. */
export function guardFolder(path: string): void {
  tell(`folder ${path}`)
}
