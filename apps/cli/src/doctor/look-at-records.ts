import { EvergrantError } from '@evergrant/core'
import { sealedUnder } from '@evergrant/store-layers'
import type { KeyringFile } from '../keyring/keyring-file.ts'
import { storeAt } from '../store-place.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note, said } from './finding.ts'

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
    return [
      bad(
        said(`what is kept could not be looked at: ${error.message}`, `无法查看所存内容：${error.message}`),
        said('Check the store.', '请检查存储。'),
      ),
    ]
  }
  if (tally === undefined || tally.size === 0) {
    return [
      good(
        said(
          `what is kept from now on is sealed, under the key "${currentId}"`,
          `此后存入的内容将加密，密钥为 "${currentId}"`,
        ),
      ),
    ]
  }
  const looked = [...tally.values()].reduce((sum, each) => sum + each, 0)
  const isAll = looked < recordsMax
  return [...tally].map(([id, count]) => {
    const these = `${count} of ${isAll ? '' : 'the first '}${looked} records ${count === 1 ? 'is' : 'are'}`
    const zh = `${isAll ? '' : '前 '}${looked} 条记录中有 ${count} 条`
    return ofRecords(id, these, zh.trim(), currentId, ids)
  })
}

/** What is to be said of records that are under one key, or under none. */
function ofRecords(id: string, en: string, zh: string, currentId: string, ids: readonly string[]): Finding {
  if (id === currentId)
    return good(said(`${en} sealed, under the key "${id}"`, `${zh}已加密，密钥为 "${id}"`))
  if (id === IN_CLEAR) {
    const text = said(`${en} in clear, though there is a keyring`, `${zh}为明文，尽管已有密钥环`)
    return bad(text, said('Run: evergrant rekey --plain', '请运行：evergrant rekey --plain'))
  }
  if (id === GARBLED) {
    const text = said(`${en} garbled, or of a newer version`, `${zh}已损坏，或来自更新的版本`)
    return bad(text, said('See what has written them.', '请查明由谁写入。'))
  }
  if (ids.includes(id)) {
    const text = said(`${en} under the older key "${id}"`, `${zh}仍用旧密钥 "${id}"`)
    return note(text, said('Run: evergrant rekey', '请运行：evergrant rekey'))
  }
  const text = said(
    `${en} under the key "${id}", which is not in the keyring`,
    `${zh}所用的密钥 "${id}" 不在密钥环中`,
  )
  return bad(text, said('Put that key into the keyring.', '请将该密钥加入密钥环。'))
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
