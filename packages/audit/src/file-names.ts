/** A part of a chain: where it is, and which one it is. */
export interface PartName {
  readonly file: string
  readonly chain: string
  readonly part: number
}

const PART = /^(\d{14}-[0-9a-f]{12})\.(\d{4,9})\.jsonl$/
const HEAD = /^(\d{14}-[0-9a-f]{12})\.head\.json$/

export function partName(chain: string, part: number): string {
  return `${chain}.${String(part).padStart(4, '0')}.jsonl`
}

export function headName(chain: string): string {
  return `${chain}.head.json`
}

/** The parts of all chains of a directory, in the order in which they were written. */
export function partsAmong(files: readonly string[]): PartName[] {
  return files
    .flatMap(file => {
      const [, chain = '', part] = PART.exec(file) ?? []
      return part === undefined ? [] : [{ file, chain, part: Number(part) }]
    })
    .sort((a, b) => a.chain.localeCompare(b.chain) || a.part - b.part)
}

/** The chains of which a directory says where they end. */
export function headsAmong(files: readonly string[]): string[] {
  return files.flatMap(file => HEAD.exec(file)?.[1] ?? [])
}
