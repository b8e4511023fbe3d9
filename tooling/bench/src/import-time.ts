import { pathToFileURL } from 'node:url'
import { atMost, type Bench } from './bench.ts'
import { runNode } from './child-process.ts'
import { LIBRARIES } from './library.ts'
import { buildPrograms } from './programs.ts'
import { interleave, type Measure, pairedDifference } from './rounds.ts'

const IMPORT_MS_MAX = 12
const ROUNDS = 31

/** Ours first, then by the time it takes. */
export const importTime: Bench = {
  name: 'import-time',
  title: 'Importing the library',
  method:
    'A new process imports a minimal program that gets one token. The programs take turns; from each the time is ' +
    'subtracted that an empty module took in the same round, and the median over all rounds is shown.',

  async run() {
    const paths = Object.entries(await buildPrograms())
    const subjects = Object.fromEntries(
      paths.map(([name, path]): [string, Measure] => [name, () => importMs(path)]),
    )
    const { empty = [], ...times } = await interleave(subjects, { rounds: ROUNDS })
    const rows = LIBRARIES.map(library => [library, pairedDifference(times[library] ?? [], empty)] as const)
    const [[, ours]] = rows as [(typeof rows)[number]]
    return {
      tables: [
        { title: 'Import of a program', columns: [{ heading: '' }, { heading: 'ms', digits: 1 }], rows },
      ],
      goals: [atMost('Importing the program that gets one Baidu token', ours, IMPORT_MS_MAX, 'ms')],
    }
  },
}

const SCRIPT =
  'const startedAt = performance.now(); await import(process.argv[1]); console.log(performance.now() - startedAt)'

function importMs(path: string): Promise<number> {
  return runNode(['--input-type=module', '--eval', SCRIPT, pathToFileURL(path).href])
}
