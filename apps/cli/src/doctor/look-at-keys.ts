import { readFile, stat } from 'node:fs/promises'
import type { Advice } from '@evergrant/core'
import { doubtBaiduClient } from '@evergrant/provider-baidu'
import { PRESETS, type PresetName } from '../provider/provider-preset.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note, said } from './finding.ts'

/** Where the keys are, as the options say; in the environment where they say nothing. */
export interface KeyPlaces {
  /** Whose keys they are. Absent: Baidu's. */
  readonly provider?: PresetName
  readonly apiKeyFile?: string
  readonly secretKeyFile?: string
}

/** The keys that were found. */
export interface FoundKeys {
  readonly id: string | undefined
  readonly secret: string | undefined
  readonly findings: readonly Finding[]
}

/** Reads both keys and looks at where they come from: a file that others can read, a shape that is another key's. */
export async function lookAtKeys(places: KeyPlaces, { env }: Terminal): Promise<FoundKeys> {
  const { provider = 'baidu', apiKeyFile, secretKeyFile } = places
  const { idVariable, secretVariable } = PRESETS[provider]
  const isBaidu = provider === 'baidu'
  const idName = isBaidu ? said('API Key', ' API Key') : said('id', '应用 id')
  const secretName = isBaidu ? said('Secret Key', ' Secret Key') : said('secret', '密钥')
  const id = await lookAt(idName, idVariable, apiKeyFile, env)
  const secret = await lookAt(secretName, secretVariable, secretKeyFile, env)
  const findings = [...id.findings, ...secret.findings]
  // The keys of other platforms have no shape that tells anything.
  if (isBaidu && id.value !== undefined && secret.value !== undefined) {
    const doubt = doubtBaiduClient(id.value, secret.value)
    findings.push(
      doubt === undefined
        ? good(said('the keys look like keys of an application', '密钥符合应用密钥的形式'))
        : bad(doubt, said('See the console for the keys of the application.', '请在控制台查看应用的密钥。')),
    )
  }
  return { id: id.value, secret: secret.value, findings }
}

async function lookAt(
  name: Advice,
  variable: string,
  path: string | undefined,
  env: Terminal['env'],
): Promise<{ readonly value: string | undefined; readonly findings: readonly Finding[] }> {
  if (path !== undefined) return lookAtFile(name, path)
  const value = env[variable]?.trim()
  if (value) {
    const remedy = said(
      'On a server, a mounted file or a command of a vault is better: an environment is inherited and dumped.',
      '在服务器上，挂载的文件或密钥库的命令更好：环境变量会被继承，也会被转储。',
    )
    const text = said(`the ${name.en} comes from ${variable}`, `${name.zh.trim()}：取自 ${variable}`)
    return { value, findings: [note(text, remedy)] }
  }
  return {
    value: undefined,
    findings: [
      bad(
        said(`there is no ${name.en}: ${variable} is not set`, `没有${name.zh}：未设置 ${variable}`),
        said(`Set ${variable}, or name a file.`, `请设置 ${variable}，或指定文件。`),
      ),
    ],
  }
}

async function lookAtFile(name: Advice, path: string) {
  try {
    const { mode } = await stat(path)
    const value = (await readFile(path, 'utf8')).trim()
    if (value === '') {
      const remedy = said(`Put the ${name.en} into it.`, `请写入${name.zh}。`)
      return { value: undefined, findings: [bad(said(`${path} is empty`, `${path} 为空`), remedy)] }
    }
    return { value, findings: [judgeMode(name, path, mode)] }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const text = said(
      `the ${name.en} cannot be read from ${path} (${reason})`,
      `无法从 ${path} 读取${name.zh}（${reason}）`,
    )
    const remedy = said('Check path and permissions.', '请检查路径与权限。')
    return { value: undefined, findings: [bad(text, remedy)] }
  }
}

function judgeMode(name: Advice, path: string, mode: number): Finding {
  if (process.platform === 'win32' || (mode & 0o077) === 0)
    return good(
      said(
        `the ${name.en} is in ${path}, for its owner alone`,
        `${name.zh.trim()}：位于 ${path}，仅其所有者可读`,
      ),
    )
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  const text = said(
    `the ${name.en} is in ${path}, which others can read (mode ${shown})`,
    `${name.zh.trim()}：位于 ${path}，他人可读（权限 ${shown}）`,
  )
  const remedy = said(`Run: chmod 600 ${path}`, `请运行：chmod 600 ${path}`)
  return (mode & 0o007) === 0 ? note(text, remedy) : bad(text, remedy)
}
