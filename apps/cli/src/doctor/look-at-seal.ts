import { EvergrantError } from '@evergrant/core'
import { type KeyringKey, keyring } from '@evergrant/store-layers'
import { inBoth } from '../chinese/failure-text.ts'
import { type KeyringFile, readKeyringFile } from '../keyring/keyring-file.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note, said } from './finding.ts'

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
    const remedy = said(
      'Make a keyring with "evergrant keygen", and name it with EVERGRANT_KEYRING.',
      '请用 "evergrant keygen" 生成密钥环，并以 EVERGRANT_KEYRING 指定。',
    )
    return [note(said('tokens are kept in clear', '令牌以明文存放'), remedy)]
  }
  let file: KeyringFile
  try {
    file = await readKeyringFile(path, env)
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    const remedy = said(
      'Nothing that is sealed can be opened before that is mended.',
      '在此修复之前，已加密的内容均无法打开。',
    )
    return [bad(inBoth(error), remedy)]
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
    return good(said(`the key "${key.id}" can be used at its service`, `密钥 "${key.id}" 可在其服务中使用`))
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    const { en, zh } = inBoth(error)
    const text = said(
      `the key "${key.id}" cannot be used at its service: ${en}`,
      `密钥 "${key.id}" 无法在其服务中使用：${zh}`,
    )
    if (isCurrent) {
      const check = 'Check the service, its credentials and what they may do.'
      return bad(text, said(check, '请检查该服务、其凭据及其权限。'))
    }
    const remedy = said(
      'That may be meant so: an older key need not make new ones. Check that it still opens.',
      '可能本应如此：旧密钥无需生成新的密钥。请检查它仍可解开。',
    )
    return note(text, remedy)
  } finally {
    probe.forget()
  }
}
