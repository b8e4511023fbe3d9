import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import { type ConnectionOptions, withSignIn } from '../connection.ts'
import { UsageError } from '../failure-report.ts'

/** A grant of an agent, as options say it. */
export interface GrantOptions extends ConnectionOptions {
  /** Whose tokens they are, for people. */
  readonly label?: string
}

/** Options that name a file; one that is not absolute is looked for beside the file with the grants. */
const FILES = ['apiKeyFile', 'secretKeyFile', 'keyring'] as const
/** What says whose tokens a grant is of. */
const WHOSE = ['provider', 'as', 'sandbox', 'sandboxUrl'] as const

/** What the agent takes for a name: it stands in the path of a request. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/
/** Characters of a name that are shown. */
const SHOWN_MAX = 70

/**
 * The grants of a JSON file, by name: each an object with the options that `evergrant token` has, by their names on the
 * command line, and a `label`. Throws a `UsageError` that says which grant is wrong, and in what.
 */
export async function readGrantsFile(path: string): Promise<Readonly<Record<string, GrantOptions>>> {
  const grants = Object.entries(await objectIn(path))
  if (grants.length === 0) throw new UsageError(`${path} names no grant`)
  return Object.fromEntries(
    grants.map(([name, settings]) => {
      if (!NAME.test(name)) {
        throw wrongGrant(
          path,
          name,
          'a name has 1 to 64 characters of A-Za-z0-9._-, and is neither "." nor ".."',
        )
      }
      if (!isObject(settings)) throw wrongGrant(path, name, 'an object with its options is missing')
      return [name, grantOf(settings, path, name)]
    }),
  )
}

/** What is wrong with a grant of a file. */
export function wrongGrant(path: string, name: string, what: string): UsageError {
  return new UsageError(`${path}, grant ${JSON.stringify(name.slice(0, SHOWN_MAX))}: ${what}`)
}

async function objectIn(path: string): Promise<object> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code ?? 'unknown'})`)
  })
  const value = parsed(text, path)
  if (!isObject(value)) {
    throw new UsageError(`${path} has to hold one JSON object, with a grant under each name`)
  }
  requireOnce(text, path)
  return value
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${path} is no JSON`)
  }
}

/** Refuses JSON with a name that is there twice: of those, a parser keeps the last one, and says nothing. */
function requireOnce(text: string, path: string): void {
  const open: { readonly seen: Set<string>; last: string }[] = []
  for (const [token, isKey] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') open.push({ seen: new Set(), last: '' })
    else if (token === '}' || token === ']') open.pop()
    const inside = open.at(-1)
    if (isKey === undefined || inside === undefined) continue
    const key: string = JSON.parse(token.slice(0, -isKey.length))
    if (inside.seen.has(key)) {
      const [outer] = open
      throw outer === undefined || outer === inside
        ? wrongGrant(path, key, 'this name is there twice')
        : wrongGrant(path, outer.last, `"${key.slice(0, SHOWN_MAX)}" is there twice`)
    }
    inside.seen.add(key)
    inside.last = key
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function grantOf(settings: object, path: string, name: string): GrantOptions {
  const command = withSignIn(new Command()).option('--label <text>').exitOverride()
  const args = Object.entries(settings).flatMap(([key, value]) => {
    const option = command.options.find(({ long }) => long === `--${key}`)
    // Told by its name alone: what somebody takes for a place of a secret may hold one.
    if (option === undefined) throw wrongGrant(path, name, `there is no option "${key}"`)
    if (option.required) {
      if (typeof value === 'string') return [`--${key}=${value}`]
      throw wrongGrant(path, name, `"${key}" has to be a text`)
    }
    if (typeof value === 'boolean') return value ? [`--${key}`] : []
    throw wrongGrant(path, name, `"${key}" has to be true or false`)
  })
  const options = optionsOf(command, args, path, name)
  if (WHOSE.every(option => options[option] === undefined)) {
    throw wrongGrant(path, name, 'say whose tokens it is of, with "provider" or "as"')
  }
  return besideFile(options, dirname(path))
}

/** What the same options would mean on the command line. */
function optionsOf(command: Command, args: readonly string[], path: string, name: string): GrantOptions {
  try {
    command.configureOutput({ outputError: () => undefined })
    return command.parse(args, { from: 'user' }).opts<GrantOptions>()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    throw wrongGrant(path, name, error.message.replace(/^error: /, '').replaceAll(/--(?=[a-z])/g, ''))
  }
}

function besideFile(options: GrantOptions, folder: string): GrantOptions {
  const { store } = options
  const files = FILES.flatMap(option => {
    const file = options[option]
    return file === undefined ? [] : [[option, resolve(folder, file)]]
  })
  const isFolder = store !== undefined && store !== 'memory' && !/^[a-z]+:\/\//.test(store)
  return { ...options, ...Object.fromEntries(files), ...(isFolder && { store: resolve(folder, store) }) }
}
