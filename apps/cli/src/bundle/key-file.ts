import { type KeyUse, requirePrivateKey, requirePublicKey } from '@evergrant/bundle'
import { type Advice, EvergrantError } from '@evergrant/core'
import { readPrivateFile, readTextFile } from './private-file.ts'

/** A file with a key, as an option names it. */
export interface KeyFile {
  /** `--sign`, say. */
  readonly option: string
  readonly path: string
  /** What its key has to be made for. */
  readonly use: KeyUse
}

/** The text of a file with a private key: rejects with `key_unusable` that names file and option for any other key. */
export async function readPrivateKey(file: KeyFile): Promise<string> {
  // Before its permissions, for whoever has named a public key need not close it to others.
  const text = await readTextFile(file.path)
  await requirePrivateKey(text, file.use).catch(naming(file, 'private'))
  return readPrivateFile(file.path)
}

/** The text of a file with a public key: rejects with `key_unusable` that names file and option for any other key. */
export async function readPublicKey(file: KeyFile): Promise<string> {
  const text = await readTextFile(file.path)
  await requirePublicKey(text, file.use).catch(naming(file, 'public'))
  return text
}

type Half = 'private' | 'public'

/** Adds to an error about a key where it was found and what was expected there. */
function naming({ option, path, use }: KeyFile, half: Half): (error: unknown) => never {
  return error => {
    if (!EvergrantError.is(error)) throw error
    const { kind, code, message } = error
    throw new EvergrantError({
      kind,
      code,
      message: `${option} ${path}: ${message}`,
      advice: expected(option, half, use),
    })
  }
}

const IN_CHINESE: Readonly<Record<Half | KeyUse, string>> = {
  private: '私钥',
  public: '公钥',
  sign: '签名',
  encrypt: '加密',
}

function expected(option: string, half: Half, use: KeyUse): Advice {
  const name = half === 'private' ? 'NAME.key' : 'NAME.pub'
  const command = `"evergrant bundle keygen --use ${use}"`
  return {
    en: `${option} wants a ${half} key that is made to ${use}: ${name}, as ${command} writes it.`,
    zh: `${option} 需要用于${IN_CHINESE[use]}的${IN_CHINESE[half]}，即 ${command} 写出的 ${name}。`,
  }
}
