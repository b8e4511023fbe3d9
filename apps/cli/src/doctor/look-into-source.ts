import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { bad, type Finding, good } from './finding.ts'

const FILES_MAX = 50_000
const FILE_BYTES_MAX = 1_048_576
/** Shorter ones stand in text by chance. */
const KEY_CHARACTERS_MIN = 8
const PASSED_OVER = new Set(['node_modules', '.git', 'dist', 'build', 'coverage'])

/**
 * Looks for the keys themselves in all files below a directory, plain and in the encodings in which they travel. Finds
 * what is there, not what might be: no other key, and none in a file of more than a mebibyte.
 */
export async function lookIntoSource(
  directory: string,
  keys: readonly string[],
  onProgress: (files: number) => void,
): Promise<Finding[]> {
  const forms = keys.filter(key => key.length >= KEY_CHARACTERS_MIN).flatMap(formsOf)
  if (forms.length === 0) return [good('there is no key to look for in the source')]
  const found: string[] = []
  let files = 0
  for await (const path of filesBelow(directory)) {
    if (++files > FILES_MAX) break
    if (files % 1_000 === 0) onProgress(files)
    const text = await readFile(path, 'latin1').catch(() => '')
    if (forms.some(form => text.includes(form))) found.push(relative(directory, path))
  }
  const remedy =
    'Take it out, also of the history, and have the provider issue a new one: whoever has the source has the key.'
  const findings = found.map(path => bad(`a key stands in ${path}`, remedy))
  if (files > FILES_MAX)
    findings.push(bad(`only ${FILES_MAX} files were looked at`, 'Name a smaller directory.'))
  return findings.length > 0 ? findings : [good(`no key stands in ${files} files below ${directory}`)]
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
    if (entry.isFile() && (await stat(path)).size <= FILE_BYTES_MAX) yield path.split(sep).join('/')
  }
}
