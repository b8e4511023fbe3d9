import { EvergrantError } from '@evergrant/core'
import { type KeyringKey, keyring } from '@evergrant/store-layers'
import { type KeyringFile, readKeyringFile } from '../keyring/keyring-file.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note } from './finding.ts'

/**
 * Looks at the keyring, asks the services that keep its keys, and has `look` see what was sealed with them. `undefined`:
 * nobody has named one.
 */
export async function lookAtSeal(
  path: string | undefined,
  env: Terminal['env'],
  look: (file: KeyringFile) => Promise<readonly Finding[]>,
): Promise<Finding[]> {
  if (!path) {
    const remedy = 'Make a keyring with "evergrant keygen", and name it with EVERGRANT_KEYRING.'
    return [note('tokens are kept in clear', remedy)]
  }
  let file: KeyringFile
  try {
    file = await readKeyringFile(path, env)
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    return [bad(error.message, 'Nothing that is sealed can be opened before that is mended.')]
  }
  const { ring, keys } = file
  const asked = keys.filter(key => 'service' in key).map(key => tryKey(key, key.id === ring.currentId))
  return [...(await look(file)), ...(await Promise.all(asked))]
}

/** Has a service make a key and unwrap it, as sealing and opening do. */
async function tryKey(key: KeyringKey, isCurrent: boolean): Promise<Finding> {
  const probe = keyring({ current: key })
  try {
    const sealed = await probe.seal('doctor', 'doctor')
    // So that it is unwrapped again: with the key at hand nobody would be asked.
    probe.forget()
    await probe.open(sealed, 'doctor')
    return good(`the key "${key.id}" can be used at its service`)
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    const text = `the key "${key.id}" cannot be used at its service: ${error.message}`
    if (isCurrent) return bad(text, 'Check the service, its credentials and what they may do.')
    return note(text, 'That may be meant so: an older key need not make new ones. Check that it still opens.')
  } finally {
    probe.forget()
  }
}
