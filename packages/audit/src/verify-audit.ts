import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EvergrantError, fail } from '@evergrant/core'
import type { AuditRecord } from './audit-entry.ts'
import { type AuditHead, readHead } from './audit-head.ts'
import { BEGINNING, type ReadLine, readLine } from './audit-line.ts'
import { headName, headsAmong, type PartName, partsAmong } from './file-names.ts'
import { verifyingKey } from './signing-key.ts'

export interface VerifyOptions {
  /** The public key of the log, Ed25519 in PEM: every line has to bear a good signature. Absent: signatures are not looked at. */
  readonly publicKey?: string
  /** Entries that are known to have been made, kept elsewhere: a log without one of them was cut. */
  readonly heads?: readonly AuditHead[]
  /** Is shown every entry in its order, chain by chain, whether or not the log is sound. */
  readonly onRecord?: (record: AuditRecord) => void
  /** Is told after every 10,000 lines how many were read. */
  readonly onProgress?: (lines: number) => void
}

/** Something that is wrong with a log. */
export interface AuditProblem {
  readonly kind:
    | 'line_changed'
    | 'line_missing'
    | 'line_out_of_order'
    | 'signature_missing'
    | 'signature_bad'
    | 'end_missing'
    | 'part_missing'
    | 'file_foreign'
  /** The file, without its directory. */
  readonly file: string
  /** The line, from 1. Absent where it is not about a line. */
  readonly line?: number
  readonly message: string
}

/** What is known of one chain: of one process that wrote. */
export interface ChainVerdict {
  readonly chain: string
  readonly entries: number
  /** Whether the process ended the log, rather than came to its own end. */
  readonly closed: boolean
  readonly head: AuditHead
}

export interface AuditVerdict {
  readonly sound: boolean
  readonly chains: readonly ChainVerdict[]
  readonly problems: readonly AuditProblem[]
}

/** Problems that are told; a log of other lines altogether has as many as lines. */
const PROBLEMS_MAX = 1_000
const PROGRESS_LINES = 10_000

/**
 * Reads every audit log of a directory and finds whatever was changed, removed, added or put in another order.
 *
 * Without signatures, whoever may write to the directory can make up a whole chain anew. With them, nobody can without
 * the private key; but the last lines of a chain, or a whole one, can still be taken away, which only heads that are
 * kept elsewhere reveal.
 *
 * Rejects with an `EvergrantError`: `audit_unreadable`, `key_unusable`.
 */
export async function verifyAudit(directory: string, options: VerifyOptions = {}): Promise<AuditVerdict> {
  const key = options.publicKey === undefined ? undefined : verifyingKey(options.publicKey)
  const files = await attempt(directory, () => readdir(directory))
  const parts = partsAmong(files)
  const check = new Check(directory, key, options)
  const chains: ChainVerdict[] = []
  for (const chain of new Set([...parts.map(part => part.chain), ...headsAmong(files)])) {
    const own = parts.filter(part => part.chain === chain)
    chains.push(await attempt(directory, () => check.chain(chain, own)))
  }
  check.heads(options.heads ?? [])
  const known = new Set([...parts.map(({ file }) => file), ...headsAmong(files).map(headName)])
  for (const file of files.filter(each => !known.has(each) && !each.endsWith('.head.json.new'))) {
    check.object({ kind: 'file_foreign', file, message: 'this is no part of an audit log' })
  }
  return { sound: check.problems.length === 0, chains, problems: check.problems }
}

/** One pass over the logs of a directory. */
class Check {
  readonly problems: AuditProblem[] = []
  readonly #directory: string
  readonly #key: KeyObject | undefined
  readonly #options: VerifyOptions
  /** Those heads that were asked for and have not been met. */
  readonly #unmet: Map<string, AuditHead>
  #lines = 0

  constructor(directory: string, key: KeyObject | undefined, options: VerifyOptions) {
    this.#directory = directory
    this.#key = key
    this.#options = options
    this.#unmet = new Map((options.heads ?? []).map(head => [nameOf(head), head]))
  }

  object(problem: AuditProblem): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem)
  }

  async chain(chain: string, parts: readonly PartName[]): Promise<ChainVerdict> {
    let head: AuditHead = { chain, number: 0, hash: BEGINNING }
    let closed = false
    let expected = 1
    for (const { file, part } of parts) {
      if (part !== expected)
        this.object({ kind: 'part_missing', file, message: `part ${expected} is missing before it` })
      expected = part + 1
      const lines = createInterface({
        input: createReadStream(join(this.#directory, file)),
        crlfDelay: Infinity,
      })
      let number = 0
      for await (const text of lines) {
        number += 1
        this.#progress()
        const line = readLine(text, this.#key)
        if (line === undefined) {
          this.object({
            kind: 'line_changed',
            file,
            line: number,
            message: 'this is not the line that was written',
          })
          continue
        }
        this.#link(line, head, file, number)
        head = { chain, number: line.record.number, hash: line.hash }
        closed = line.record.what === 'log.closed'
        this.#unmet.delete(nameOf(head))
        this.#options.onRecord?.(line.record)
      }
    }
    await this.#end(head)
    return { chain, entries: head.number, closed, head }
  }

  /** Whether a line follows the one before. */
  #link({ record, previous, signature }: ReadLine, head: AuditHead, file: string, line: number): void {
    const at = { file, line }
    if (record.number <= head.number) {
      const message = `entry ${record.number} stands after entry ${head.number}`
      this.object({ ...at, kind: 'line_out_of_order', message })
    } else if (record.number > head.number + 1) {
      const [first, last] = [head.number + 1, record.number - 1]
      const missing = first === last ? `entry ${first} is` : `entries ${first} to ${last} are`
      const message = `${missing} missing before it`
      this.object({ ...at, kind: 'line_missing', message })
    } else if (previous !== head.hash) {
      this.object({
        ...at,
        kind: 'line_changed',
        message: 'the line before it is not the one that it follows',
      })
    }
    if (this.#key === undefined || signature === 'good') return
    const missing = signature === 'unsigned'
    this.object({
      ...at,
      kind: missing ? 'signature_missing' : 'signature_bad',
      message: missing ? 'it bears no signature' : 'its signature is not one of this key',
    })
  }

  /** Whether the chain ends where it says that it does. A process may have died between its last line and saying so. */
  async #end(head: AuditHead): Promise<void> {
    const file = headName(head.chain)
    const told = readHead(await readFile(join(this.#directory, file), 'utf8').catch(() => ''))
    if (told === undefined) {
      this.object({ kind: 'end_missing', file, message: 'it does not say where the chain ends' })
    } else if (told.number > head.number) {
      const message = `the last ${told.number - head.number} entries, up to ${told.number}, are missing`
      this.object({ kind: 'end_missing', file, message })
    } else if (told.number === head.number && told.hash !== head.hash) {
      this.object({
        kind: 'line_changed',
        file,
        message: `entry ${told.number} is not the one that was written`,
      })
    }
  }

  heads(expected: readonly AuditHead[]): void {
    for (const head of expected.filter(each => this.#unmet.has(nameOf(each)))) {
      const message = `entry ${head.number} with the hash ${head.hash} is not in this log`
      this.object({ kind: 'end_missing', file: headName(head.chain), message })
    }
  }

  #progress(): void {
    this.#lines += 1
    if (this.#lines % PROGRESS_LINES === 0) this.#options.onProgress?.(this.#lines)
  }
}

function nameOf({ chain, number, hash }: AuditHead): string {
  return `${chain}:${number}:${hash}`
}

async function attempt<Result>(directory: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'error'
    const message = `The audit log in ${directory} cannot be read (${reason}).`
    throw new EvergrantError(fail('audit_unreadable', { message }))
  }
}
