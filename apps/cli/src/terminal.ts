import type { Readable, Writable } from 'node:stream'

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Opens an address in the person's browser: by default in the one that the system has for it. */
  readonly browse?: (url: string) => Promise<void>
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

type Style = keyof typeof CODES
export type Paint = (style: Style, text: string) => string

/** Colours text for a stream: only for a terminal, and only where nobody has said `NO_COLOR`. */
export function painter(stream: { readonly isTTY?: boolean }, env: Terminal['env']): Paint {
  const colours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return (style, text) => {
    const [on, off] = CODES[style]
    return colours ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }
}

/** Whether the person at the terminal reads Chinese rather than English, by the locale. */
export function readsChinese(env: Terminal['env']): boolean {
  return /^zh/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '')
}

export function writeLine(stream: Writable, line = ''): void {
  stream.write(`${line}\n`)
}

/** Everything that comes in on a stream, up to a mebibyte. */
export async function readAll(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.length > 1_048_576) throw new RangeError('more than a mebibyte came in on standard input')
  }
  return text
}
