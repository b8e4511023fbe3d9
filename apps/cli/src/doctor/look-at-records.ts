import { EvergrantError } from '@evergrant/core'
import { sealedUnder } from '@evergrant/store-layers'
import type { KeyringFile } from '../keyring/keyring-file.ts'
import { storeAt } from '../store-place.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note } from './finding.ts'

/** Records that are looked at, of a store that has more. */
const RECORDS_MAX = 1_000

/** What is no id of a key. */
const IN_CLEAR = 'in clear'
const GARBLED = 'garbled'

/** Counts what is kept by the key that it is under. */
type Tally = Map<string, number>

/** Looks at what a store holds: whether the records are under the current key of the keyring, and can be opened. */
export async function lookAtRecords(
  place: string | undefined,
  { ring: { currentId }, ids }: KeyringFile,
  terminal: Terminal,
  recordsMax: number = RECORDS_MAX,
): Promise<Finding[]> {
  let tally: Tally | undefined
  try {
    tally = await tallyOf(place, terminal, recordsMax)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return [bad(`what is kept could not be looked at: ${error.message}`, 'Check the store.')]
  }
  if (tally === undefined || tally.size === 0) {
    return [good(`what is kept from now on is sealed, under the key "${currentId}"`)]
  }
  const looked = [...tally.values()].reduce((sum, each) => sum + each, 0)
  const of = looked < recordsMax ? `${looked}` : `the first ${recordsMax}`
  return [...tally].map(([id, count]) => {
    const these = `${count} of ${of} records ${count === 1 ? 'is' : 'are'}`
    if (id === currentId) return good(`${these} sealed, under the key "${id}"`)
    if (id === IN_CLEAR) {
      return bad(`${these} in clear, though there is a keyring`, 'Run: evergrant rekey --plain')
    }
    if (id === GARBLED) return bad(`${these} garbled, or of a newer version`, 'See what has written them.')
    if (ids.includes(id)) return note(`${these} under the older key "${id}"`, 'Run: evergrant rekey')
    return bad(
      `${these} under the key "${id}", which is not in the keyring`,
      'Put that key into the keyring.',
    )
  })
}

/** `undefined` where the store cannot list what it holds. */
async function tallyOf(
  place: string | undefined,
  terminal: Terminal,
  recordsMax: number,
): Promise<Tally | undefined> {
  const store = await storeAt(place, terminal)
  try {
    const keys = store.keys?.()
    if (keys === undefined) return undefined
    const tally: Tally = new Map()
    const seen = new Set<string>()
    for await (const key of keys) {
      if (seen.has(key)) continue
      seen.add(key)
      const entry = await store.read(key)
      if (entry === undefined) continue
      const id = keyOf(entry.value)
      tally.set(id, (tally.get(id) ?? 0) + 1)
      if (seen.size >= recordsMax) break
    }
    return tally
  } finally {
    await store.close?.()
  }
}

function keyOf(value: string): string {
  try {
    return sealedUnder(value) ?? IN_CLEAR
  } catch (error) {
    if (EvergrantError.is(error)) return GARBLED
    throw error
  }
}
