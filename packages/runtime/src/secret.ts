import { EvergrantError, fail, LateSecret, type Secret } from '@evergrant/core'

/**
 * A secret that `read` fetches each time it is needed: from a vault, a key management service, a prompt.
 * Prints as `‹redacted›` in JSON, template strings, `util.inspect` and `console.log`.
 */
export function secret(read: () => string | Promise<string>): Secret {
  return new LateSecret(read)
}

/**
 * The value of an environment variable, read when it is needed and freed of surrounding white space. Reading
 * fails with `secret_unavailable` when the variable is not set or empty, or the runtime has no environment.
 */
export function env(name: string): Secret {
  return secret(() => {
    const value = environment()[name]?.trim()
    if (value === undefined || value === '') {
      throw new EvergrantError(
        fail('secret_unavailable', {
          message: `The environment variable ${name} is not set or empty; set it.`,
        }),
      )
    }
    return value
  })
}

/** The variables of the environment; none where the runtime has none. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return (globalThis as { process?: { env?: Record<string, string> } }).process?.env ?? {}
}

/** The text of a secret, or of a string that was given in its place. Not empty. */
export async function readSecret(from: string | Secret, what: string): Promise<string> {
  const text = typeof from === 'string' ? from : await from.read()
  if (typeof text === 'string' && text !== '') return text
  throw new EvergrantError(fail('secret_unavailable', { message: `The ${what} is empty.` }))
}
