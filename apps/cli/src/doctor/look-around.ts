import { verifyAudit } from '@evergrant/audit'
import { EvergrantError } from '@evergrant/core'
import { inBoth } from '../chinese/failure-text.ts'
import type { KeyringFile } from '../keyring/keyring-file.ts'
import { withFactor } from '../second-factor/factor-place.ts'
import { storeFor } from '../store-place.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note, said } from './finding.ts'
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
      const named = place.store ?? terminal.env.EVERGRANT_STORE
      return good(
        said(
          `the store answers (${named ?? 'the directory of this user'})`,
          `存储可用（${named ?? '本用户的目录'}）`,
        ),
      )
    } finally {
      await store.close?.()
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { en, zh } = EvergrantError.is(error) ? inBoth(error) : said(error.message, error.message)
    return bad(
      said(`the store does not answer: ${en}`, `存储不可用：${zh}`),
      said(
        'Check --store or EVERGRANT_STORE, and its permissions.',
        '请检查 --store 或 EVERGRANT_STORE，及其权限。',
      ),
    )
  }
}

async function lookAtAudit({ env }: Terminal): Promise<Finding> {
  const directory = env.EVERGRANT_AUDIT
  if (!directory) {
    return note(
      said('nobody writes down what is done with keys', '未记录密钥的使用情况'),
      said('Name a directory with EVERGRANT_AUDIT.', '请用 EVERGRANT_AUDIT 指定目录。'),
    )
  }
  try {
    const { sound, problems } = await verifyAudit(directory)
    if (sound) return good(said(`the audit log in ${directory} is sound`, `${directory} 中的审计日志完好`))
    return bad(
      said(
        `the audit log in ${directory} has ${problems.length} problems`,
        `${directory} 中的审计日志有 ${problems.length} 处问题`,
      ),
      said('Run: evergrant audit verify', '请运行：evergrant audit verify'),
    )
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    return note(
      inBoth(error),
      said('It is begun by the next command that uses a key.', '下一个使用密钥的命令会开始记录。'),
    )
  }
}

async function lookAtFactor(terminal: Terminal): Promise<Finding> {
  const isSetUp = await withFactor(terminal, factor => factor.isSetUp())
  if (isSetUp) {
    return good(said('sensitive commands ask for the code of an authenticator', '敏感命令要求验证器的验证码'))
  }
  return note(
    said('sensitive commands ask for no code', '敏感命令不要求验证码'),
    said('Run: evergrant second-factor set-up', '请运行：evergrant second-factor set-up'),
  )
}
