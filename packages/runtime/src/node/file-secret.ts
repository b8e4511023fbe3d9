import { readFile } from 'node:fs/promises'
import { EvergrantError, fail, type Secret } from '@evergrant/core'
import { secret } from '../index.ts'

/** Longest file that is taken for a secret, in characters. */
const SECRET_CHARS_MAX = 65_536

/**
 * The text of a file, as Docker and Kubernetes mount secrets: read each time it is needed, so that a rotated
 * secret is seen with the next token request, and freed of surrounding white space. Reading fails with
 * `secret_unavailable` when the file is missing, unreadable, empty or larger than 64 Ki characters.
 */
export function fileSecret(path: string): Secret {
  return secret(async () => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw unavailable(`The secret file ${path} cannot be read (${error.code ?? 'unknown'}).`)
    })
    const value = text.trim()
    if (value === '') throw unavailable(`The secret file ${path} is empty.`)
    if (value.length > SECRET_CHARS_MAX)
      throw unavailable(`The secret file ${path} is too large for a secret.`)
    return value
  })
}

function unavailable(message: string): EvergrantError {
  return new EvergrantError(fail('secret_unavailable', { message }))
}
