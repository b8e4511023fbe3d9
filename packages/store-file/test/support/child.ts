import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Job } from './worker.ts'

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** So many processes of the same program compile it once. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

/** How a process has ended, and what it has said. */
interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly unknown[]
}

/** A process of its own that does one job. */
export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  /** What it says next. Rejects when it ends without a word. */
  line(): Promise<unknown>
  /** Resolves when it has ended. */
  readonly end: Promise<End>
}

export function child(job: Job): Child {
  // What this package stands on is taken as it was built: reading sources takes longer than all that is done here.
  const env = { ...process.env, NODE_COMPILE_CACHE }
  const running = spawn(process.execPath, [PROGRAM, JSON.stringify(job)], { env })
  const lines: unknown[] = []
  const unread: unknown[] = []
  let heard: (() => void) | undefined
  let complaint = ''
  running.stderr.on('data', text => {
    complaint += text
  })
  const reader = createInterface({ input: running.stdout })
  reader.on('line', text => {
    const line: unknown = JSON.parse(text)
    lines.push(line)
    unread.push(line)
    heard?.()
  })
  const end = Promise.all([once(running, 'exit'), once(reader, 'close')]).then(([[code, signal]]) => {
    if (code !== 0 && signal === null) throw new Error(`a child has failed: ${complaint}`)
    return { code, signal, lines }
  })
  end.catch(() => undefined)

  async function line(): Promise<unknown> {
    while (unread.length === 0) {
      const said = new Promise<boolean>(resolve => {
        heard = () => resolve(true)
      })
      if (!(await Promise.race([said, end.then(() => unread.length > 0)]))) {
        throw new Error(`a child has ended without a word: ${complaint}`)
      }
    }
    return unread.shift()
  }

  return { process: running, line, end }
}
