import { existsSync, readFileSync } from 'node:fs'

/** A row of a table of SECURITY.md that says what is done against whom. */
export interface Measure {
  readonly measure: string
  /** The names of the tests behind it. */
  readonly tests: readonly string[]
}

/** A test that a name stands for. */
export interface Proof {
  readonly name: string
  readonly file: string
  readonly title: string
}

const TOP = new URL('../../../', import.meta.url)
/** The columns of a table of measures. */
const COLUMNS = 4

/** What is in SECURITY.md: its measures, and the tests that they name. */
export function securityPage(): { readonly measures: readonly Measure[]; readonly proofs: readonly Proof[] } {
  const text = readFileSync(new URL('SECURITY.md', TOP), 'utf8')
  const rows = text
    .split('\n')
    .filter(line => line.startsWith('| '))
    .map(line => line.slice(1, -1).split(' | '))
    .map(cells => cells.map(cell => cell.trim()))
    .filter(
      ([first, ...rest]) => rest.length === COLUMNS - 1 && first !== 'measure' && !/^-+$/.test(first ?? ''),
    )
  const measures = rows.map(([measure = '', , , tests = '']) => ({
    measure,
    tests: [...tests.matchAll(/\[([^\]]+)\]/g)].map(([, name = '']) => name),
  }))
  const proofs = [...text.matchAll(/^\[([^\]]+)\]: (\S+) "(.+)"$/gm)].map(
    ([, name = '', file = '', title = '']) => ({ name, file, title }),
  )
  return { measures, proofs }
}

/** Whether there is a test of that title in that file. */
export function isThere({ file, title }: Proof): boolean {
  const url = new URL(file, TOP)
  if (!existsSync(url)) return false
  const source = readFileSync(url, 'utf8')
  return [`'${title}`, `"${title}`, `\`${title}`].some(text => source.includes(text))
}
