import { giveBack, givenArgument } from './child-process.ts'
import { type KeyLibraryName, keyOf, loadKeyProgram } from './key-program.ts'

export interface KeyMemoryRequest {
  readonly library: KeyLibraryName
  readonly keys: number
}

export interface KeyMemory {
  /** Of the heap, for each key, once everything has come to rest. */
  readonly bytesPerKey: number
  /** Of those bytes, none is one that only a lookup would make: every key was found. */
  readonly found: number
}

/** Keys of which the code is compiled, and tables are grown that do not depend on their number. */
const WARM_UP_KEYS = 1_000

const { library, keys } = givenArgument<KeyMemoryRequest>()
const program = (await loadKeyProgram(library))()
await addKeys(-WARM_UP_KEYS, 0)
const before = await heapBytes()
await addKeys(0, keys)
const after = await heapBytes()
let found = 0
for (let i = 0; i < keys; i++) if ((await program.find(keyOf(i))) !== undefined) found += 1
const memory: KeyMemory = { bytesPerKey: (after - before) / keys, found }
giveBack(memory)

async function addKeys(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) await program.add(keyOf(i), i)
}

/** What is in use after everything that can be collected was. */
async function heapBytes(): Promise<number> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('the process was not started with --expose-gc')
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise(resolve => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}
