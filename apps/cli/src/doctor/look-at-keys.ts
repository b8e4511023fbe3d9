import { readFile, stat } from 'node:fs/promises'
import { doubtBaiduClient } from '@evergrant/provider-baidu'
import { PRESETS, type PresetName } from '../provider/provider-preset.ts'
import type { Terminal } from '../terminal.ts'
import { bad, type Finding, good, note } from './finding.ts'

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
  const [idName, secretName] = provider === 'baidu' ? ['API Key', 'Secret Key'] : ['id', 'secret']
  const id = await lookAt(idName, idVariable, apiKeyFile, env)
  const secret = await lookAt(secretName, secretVariable, secretKeyFile, env)
  const findings = [...id.findings, ...secret.findings]
  // The keys of other platforms have no shape that tells anything.
  if (provider === 'baidu' && id.value !== undefined && secret.value !== undefined) {
    const doubt = doubtBaiduClient(id.value, secret.value)
    findings.push(
      doubt === undefined
        ? good('the keys look like keys of an application')
        : bad(doubt.en, 'See the console for the keys of the application.'),
    )
  }
  return { id: id.value, secret: secret.value, findings }
}

async function lookAt(
  name: string,
  variable: string,
  path: string | undefined,
  env: Terminal['env'],
): Promise<{ readonly value: string | undefined; readonly findings: readonly Finding[] }> {
  if (path !== undefined) return lookAtFile(name, path)
  const value = env[variable]?.trim()
  if (value) {
    const remedy =
      'On a server, a mounted file or a command of a vault is better: an environment is inherited and dumped.'
    return { value, findings: [note(`the ${name} comes from ${variable}`, remedy)] }
  }
  return {
    value: undefined,
    findings: [bad(`there is no ${name}: ${variable} is not set`, `Set ${variable}, or name a file.`)],
  }
}

async function lookAtFile(name: string, path: string) {
  try {
    const { mode } = await stat(path)
    const value = (await readFile(path, 'utf8')).trim()
    if (value === '')
      return { value: undefined, findings: [bad(`${path} is empty`, `Put the ${name} into it.`)] }
    return { value, findings: [judgeMode(name, path, mode)] }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    return {
      value: undefined,
      findings: [bad(`the ${name} cannot be read from ${path} (${reason})`, 'Check path and permissions.')],
    }
  }
}

function judgeMode(name: string, path: string, mode: number): Finding {
  if (process.platform === 'win32' || (mode & 0o077) === 0)
    return good(`the ${name} is in ${path}, for its owner alone`)
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  const text = `the ${name} is in ${path}, which others can read (mode ${shown})`
  const remedy = `Run: chmod 600 ${path}`
  return (mode & 0o007) === 0 ? note(text, remedy) : bad(text, remedy)
}
