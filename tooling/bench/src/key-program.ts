import { TOKEN_TEXT } from './token-endpoint.ts'

/** Keeps the tokens of many keys in memory. */
export interface KeyProgram {
  /** Obtains and keeps the token of a key. */
  add(key: string, index: number): Promise<unknown>
  /** The token of a key that was added. */
  find(key: string): Promise<string | undefined>
}

export type OpenKeyProgram = () => KeyProgram

/** What is compared, by the name of its file in `key-programs/`; the floor first, then ours. */
export const KEY_LIBRARIES = ['map', 'evergrant', 'bentocache'] as const

export type KeyLibraryName = (typeof KEY_LIBRARIES)[number]

export async function loadKeyProgram(name: KeyLibraryName): Promise<OpenKeyProgram> {
  const { open } = (await import(`./key-programs/${name}.ts`)) as { open: OpenKeyProgram }
  return open
}

/** A token of its own for every key, as one string: what is put together by `+` keeps its parts alive. */
export function tokenTextOf(index: number): string {
  return Buffer.from(`${TOKEN_TEXT}-${String(index).padStart(6, '0')}`).toString('latin1')
}

/** A key that is as long as a client id of Baidu. */
export function keyOf(index: number): string {
  return Buffer.from(`client-${String(index).padStart(17, '0')}`).toString('latin1')
}
