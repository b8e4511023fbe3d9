import { atMost, type Bench, type Findings } from './bench.ts'
import { runFile } from './child-process.ts'
import { KEY_LIBRARIES, type KeyLibraryName } from './key-program.ts'
import type { KeyMemory, KeyMemoryRequest } from './measure-key-memory.ts'
import type { SchedulerFindings, SchedulerRequest } from './measure-scheduler.ts'

const KEYS = 100_000
const TIMES_MAP_MAX = 2.5
const STANDING = [1_000, 10_000, 100_000] as const
/** By how much the cost may grow from the fewest to the most wake-ups: as the logarithm does. */
const GROWTH_MAX = Math.log(100_000) / Math.log(1_000)

/** What it costs to hold very many grants. */
export const manyKeys: Bench = {
  name: 'many-keys',
  title: `${KEYS.toLocaleString('en')} keys in one process`,
  method:
    'Heap per key, after garbage collection, in a process of its own: a bare `Map` of the token and its end, ' +
    'bentocache in memory, and a runtime with its defaults and a source for each key: it keeps the records of all of ' +
    'them in its store, and what renews a token for the 10,000 that were asked for last. Keys and tokens are of the same ' +
    'length for all. Timers are counted with as many keys that are kept warm; and the time to set one more wake-up and ' +
    'cancel it is taken while so many stand.',

  async run(): Promise<Findings> {
    const memory: [KeyLibraryName, number][] = []
    for (const library of KEY_LIBRARIES) memory.push([library, await bytesPerKey(library)])
    const [[, bytesOfMap], [, bytesOfOurs]] = memory as [[string, number], [string, number]]
    const request: SchedulerRequest = { keys: KEYS, standing: STANDING }
    const { timers, ns } = await runFile<SchedulerFindings>('measure-scheduler.ts', request)
    const growth = (ns.at(-1) ?? Number.NaN) / (ns[0] ?? Number.NaN)
    return {
      tables: [
        {
          title: 'Heap per idle key',
          columns: [{ heading: '' }, { heading: '× map', digits: 2 }, { heading: 'bytes' }],
          rows: memory.map(([library, bytes]) => [library, bytes / bytesOfMap, bytes]),
        },
        {
          title: 'Setting a wake-up and cancelling it',
          columns: [{ heading: 'wake-ups that stand' }, { heading: 'ns' }],
          rows: STANDING.map((number, i) => [number.toLocaleString('en'), ns[i]]),
        },
      ],
      goals: [
        atMost('Heap per idle key', bytesOfOurs / bytesOfMap, TIMES_MAP_MAX, '× map'),
        atMost('Timers for all keys that are kept warm', timers, 1, 'timers'),
        atMost('A wake-up among 100,000 costs what one among 1,000 does', growth, GROWTH_MAX, '×'),
      ],
    }
  },
}

/** Throws when the library does not have all the keys, which would make it a measurement of something else. */
async function bytesPerKey(library: KeyLibraryName): Promise<number> {
  const request: KeyMemoryRequest = { library, keys: KEYS }
  const { bytesPerKey: bytes, found } = await runFile<KeyMemory>('measure-key-memory.ts', request, [
    '--expose-gc',
  ])
  if (found !== KEYS) throw new Error(`${library} has kept ${found} keys`)
  return bytes
}
