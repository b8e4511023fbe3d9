import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { UsageError } from '../failure-report.ts'
import { bad, type Finding, good, note, said } from './finding.ts'
import { KEYRING_KEY, secretLiterals } from './secret-literals.ts'

const FILES_MAX = 50_000
const FILE_BYTES_MAX = 1_048_576
const FINDINGS_MAX = 1_000
/** Shorter ones stand in text by chance. */
const KEY_CHARACTERS_MIN = 8
const PASSED_OVER = new Set(['node_modules', '.git', 'dist', 'build', 'coverage'])
/** Files that are for secrets, and not for others to read. */
const PRIVATE_FILE = /(^|\/)(\.env[^/]*|[^/]*\.env)$/
const REMEDY = said(
  'Take it out, also of the history, and have the provider issue a new one: whoever has the source has the key.',
  '请将其移除，历史记录中的也一并移除，并让平台签发新的密钥：拥有源码者即拥有该密钥。',
)
const REMEDY_FOR_KEYRING = said(
  'Keep the keyring elsewhere. Whoever had the source has its key: put another one in front with "evergrant keygen", run "evergrant rekey", and take this one out. If it is none, say so in a comment above: "# evergrant: not a secret".',
  '请将密钥环放在别处。拥有源码者即拥有其密钥：请用 "evergrant keygen" 在前面加入新密钥，运行 "evergrant rekey"，再移除此密钥。若并非密钥，请在上方以注释注明："# evergrant: not a secret"。',
)
const DOUBT = said(
  'Read it from the environment, a file or a vault. If it is none, say so on its line: "evergrant: not a secret".',
  '请改从环境变量、文件或密钥库读取。若并非密钥，请在该行注明："evergrant: not a secret"。',
)
/** What is found, as `secretLiterals()` calls it. */
const KINDS: Readonly<Record<string, string>> = {
  [KEYRING_KEY]: '密钥环的密钥',
  'an API Key of Baidu (bce-v3)': '百度 API Key（bce-v3）',
  'an access token of Baidu': '百度访问令牌',
  'a private key': '私钥',
  'a client secret': '客户端密钥',
}

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
      findings.push(bad(said(`a key stands in ${path}`, `${path} 中有密钥`), REMEDY, { file }))
    else if (!text.includes('\0')) findings.push(...(await lookAtText(path, file, text)))
    if (findings.length > FINDINGS_MAX) break
  }
  if (files > FILES_MAX)
    findings.push(
      bad(
        said(`only ${FILES_MAX} files were looked at`, `只检查了 ${FILES_MAX} 个文件`),
        said('Name a smaller directory.', '请指定更小的目录。'),
      ),
    )
  if (findings.length > 0) return findings
  return [
    good(
      said(
        `no key stands in ${files} file${files === 1 ? '' : 's'} below ${directory}, and nothing that looks like one`,
        `${directory} 下的 ${files} 个文件中没有密钥，也没有形似密钥的文本`,
      ),
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
        said(
          `what looks like ${what} stands in ${path}:${line}`,
          `${path}:${line} 疑似含有${KINDS[what] ?? what}`,
        ),
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
        said(
          `${path} has what looks like ${first.what}, and everybody can read it`,
          `${path} 疑似含有${KINDS[first.what] ?? first.what}，且人人可读`,
        ),
        said(`Run: chmod 600 ${path}`, `请运行：chmod 600 ${path}`),
        place,
      ),
    ]
  return [
    note(
      said(`${path} has what looks like ${first.what}`, `${path} 疑似含有${KINDS[first.what] ?? first.what}`),
      said('See that it is in no repository and no image.', '请确认它不在代码仓库或镜像中。'),
      place,
    ),
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
