import { verifyAudit } from '@evergrant/audit'
import { EvergrantError } from '@evergrant/core'
import type { KeyringFile } from '../keyring/keyring-file.ts'
import { withFactor } from '../second-factor/factor-place.ts'
import { storeFor } from '../store-place.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note } from './finding.ts'
import { lookAtRecords } from './look-at-records.ts'
import { lookAtSeal } from './look-at-seal.ts'

export interface StorePlace {
  readonly store?: string
  readonly keyring?: string
}

/** Looks at what surrounds the keys: the store and whether it is sealed, the audit log, the second verification. */
export async function lookAround(place: StorePlace, terminal: Terminal): Promise<Finding[]> {
  const ofStore = await lookAtStore(place, terminal)
  // A store that does not answer has been told of.
  const look = async (file: KeyringFile) =>
    ofStore.verdict === 'good' ? lookAtRecords(place.store, file, terminal) : []
  return [
    ofStore,
    ...(await lookAtSeal(place.keyring ?? terminal.env.EVERGRANT_KEYRING, terminal.env, look)),
    await lookAtAudit(terminal),
    await lookAtFactor(terminal),
  ]
}

async function lookAtStore(place: StorePlace, terminal: Terminal): Promise<Finding> {
  try {
    const store = await storeFor(place, terminal)
    try {
      await store.read('doctor')
      return good(
        `the store answers (${place.store ?? terminal.env.EVERGRANT_STORE ?? 'the directory of this user'})`,
      )
    } finally {
      await store.close?.()
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return bad(
      `the store does not answer: ${error.message}`,
      'Check --store or EVERGRANT_STORE, and its permissions.',
    )
  }
}

async function lookAtAudit({ env }: Terminal): Promise<Finding> {
  const directory = env.EVERGRANT_AUDIT
  if (!directory)
    return note('nobody writes down what is done with keys', 'Name a directory with EVERGRANT_AUDIT.')
  try {
    const { sound, problems } = await verifyAudit(directory)
    if (sound) return good(`the audit log in ${directory} is sound`)
    return bad(`the audit log in ${directory} has ${problems.length} problems`, 'Run: evergrant audit verify')
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    return note(error.message, 'It is begun by the next command that uses a key.')
  }
}

async function lookAtFactor(terminal: Terminal): Promise<Finding> {
  const isSetUp = await withFactor(terminal, factor => factor.isSetUp())
  if (isSetUp) return good('sensitive commands ask for the code of an authenticator')
  return note('sensitive commands ask for no code', 'Run: evergrant second-factor set-up')
}
