import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { UsageError } from '../failure-report.ts'
import { bad, type Finding, good, note } from './finding.ts'
import { KEYRING_KEY, secretLiterals } from './secret-literals.ts'

const FILES_MAX = 50_000
const FILE_BYTES_MAX = 1_048_576
const FINDINGS_MAX = 1_000
/** Shorter ones stand in text by chance. */
const KEY_CHARACTERS_MIN = 8
const PASSED_OVER = new Set(['node_modules', '.git', 'dist', 'build', 'coverage'])
/** Files that are for secrets, and not for others to read. */
const PRIVATE_FILE = /(^|\/)(\.env[^/]*|[^/]*\.env)$/
const REMEDY =
  'Take it out, also of the history, and have the provider issue a new one: whoever has the source has the key.'
const REMEDY_FOR_KEYRING =
  'Keep the keyring elsewhere. Whoever had the source has its key: put another one in front with "evergrant keygen", run "evergrant rekey", and take this one out. If it is none, say so in a comment above: "# evergrant: not a secret".'
const DOUBT = `Read it from the environment, a file or a vault. If it is none, say so on its line: "evergrant: not a secret".`

/**
 * Looks into all files below a directory: for the keys themselves, plain and in the encodings in which they travel, and for
 * texts that look like secrets. Not in files of more than a mebibyte, nor in what others have written or what is built.
 */
export async function lookIntoSource(
  directory: string,
  keys: readonly string[],
  onProgress: (files: number) => void,
): Promise<Finding[]> {
  const isThere = await stat(directory).then(
    found => found.isDirectory(),
    () => false,
  )
  if (!isThere) throw new UsageError(`${directory} is no directory`)
  const forms = keys.filter(key => key.length >= KEY_CHARACTERS_MIN).flatMap(formsOf)
  const findings: Finding[] = []
  let files = 0
  for await (const path of filesBelow(directory)) {
    if (++files > FILES_MAX) break
    if (files % 1_000 === 0) onProgress(files)
    const text = await readFile(path, 'latin1').catch(() => '')
    const file = relative(directory, path).split(sep).join('/')
    if (forms.some(form => text.includes(form)))
      findings.push(bad(`a key stands in ${path}`, REMEDY, { file }))
    else if (!text.includes('\0')) findings.push(...(await lookAtText(path, file, text)))
    if (findings.length > FINDINGS_MAX) break
  }
  if (files > FILES_MAX)
    findings.push(bad(`only ${FILES_MAX} files were looked at`, 'Name a smaller directory.'))
  if (findings.length > 0) return findings
  return [
    good(
      `no key stands in ${files} file${files === 1 ? '' : 's'} below ${directory}, and nothing that looks like one`,
    ),
  ]
}

async function lookAtText(path: string, file: string, text: string): Promise<Finding[]> {
  const literals = secretLiterals(file, text)
  const [first] = literals
  if (first === undefined) return []
  if (!PRIVATE_FILE.test(file)) {
    return literals.map(({ line, what }) =>
      bad(
        `what looks like ${what} stands in ${path}:${line}`,
        what === KEYRING_KEY ? REMEDY_FOR_KEYRING : DOUBT,
        { file, line },
      ),
    )
  }
  const { mode } = await stat(path)
  const place = { file, line: first.line }
  if (process.platform !== 'win32' && (mode & 0o004) !== 0)
    return [
      bad(
        `${path} has what looks like ${first.what}, and everybody can read it`,
        `Run: chmod 600 ${path}`,
        place,
      ),
    ]
  return [
    note(`${path} has what looks like ${first.what}`, 'See that it is in no repository and no image.', place),
  ]
}

function formsOf(key: string): string[] {
  const bytes = Buffer.from(key)
  // In base64 the end depends on what follows; without its last characters a key is still no accident.
  const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1)
  return [...new Set([key, encodeURIComponent(key), bytes.toString('hex'), base64])]
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) yield* filesBelow(path)
    if (entry.isFile() && (await stat(path)).size <= FILE_BYTES_MAX) yield path
  }
}
