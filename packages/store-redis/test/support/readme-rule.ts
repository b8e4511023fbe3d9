import { readFile } from 'node:fs/promises'

/** The user that the README advises, as arguments of `ACL SETUSER`: `evergrant`, whose password is `password`. */
export async function readmeRule(): Promise<string[]> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const rule = /ACL SETUSER ([^`]+)/.exec(readme)?.[1]
  if (rule === undefined) throw new Error('The README advises no user.')
  return rule.trim().split(/\s+/)
}
