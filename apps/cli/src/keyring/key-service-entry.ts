import { EvergrantError, fail, type KeyContext, type KeyService, type Secret } from '@evergrant/core'
import { vaultTransit } from '@evergrant/kms'
import { secret } from '@evergrant/runtime'
import { fileSecret } from '@evergrant/runtime/node'
import type { ServiceKey } from '@evergrant/store-layers'
import type { Terminal } from '../terminal.ts'
import { lazyAwsKms } from './lazy-aws-kms.ts'
import { unusable } from './unusable.ts'

/** How a key that stays at a service is written in a keyring, after its id and a colon. */
export const SERVICE_FORMS = {
  vault: 'vault url=<https URL> key=<name> [mount=<path>] [namespace=<name>] [token-file=<path>]',
  'aws-kms': 'aws-kms key=<id, ARN or alias> [region=<name>] [endpoint=<https URL>]',
} as const

type Settings = ReadonlyMap<string, string>

const ENTRY = /^([A-Za-z0-9_-]{1,64}):(vault|aws-kms)((?:[ \t]+[a-z][A-Za-z0-9._:-]*=\S+)*)$/
const CONTEXT = 'context.'
const NAMES = {
  vault: ['url', 'key', 'mount', 'namespace', 'token-file'],
  'aws-kms': ['key', 'region', 'endpoint'],
} as const

/**
 * The key that a line of a keyring names, where it is one at a service; `undefined` where it is no such line. Throws with
 * `key_unusable` when its settings are wrong, and says which line it was, as `where` names it, and nothing of its text.
 *
 * Nothing is asked and nothing loaded before the key is used.
 */
export function serviceKeyOf(line: string, where: string, env: Terminal['env']): ServiceKey | undefined {
  const [, id, kind, text = ''] = ENTRY.exec(line) ?? []
  if (id === undefined || (kind !== 'vault' && kind !== 'aws-kms')) return undefined
  const settings = new Map<string, string>()
  for (const part of text.split(/[ \t]+/).filter(each => each !== '')) {
    const name = part.slice(0, part.indexOf('='))
    const known = name.startsWith(CONTEXT) || NAMES[kind].some(each => each === name)
    if (!known || settings.has(name))
      throw unusable(`${where} has a setting too many: ${SERVICE_FORMS[kind]}`)
    settings.set(name, part.slice(name.length + 1))
  }
  try {
    const service = kind === 'vault' ? vaultOf(settings, env) : awsOf(settings)
    return { id, service, context: contextOf(settings) }
  } catch (error) {
    if (!EvergrantError.is(error)) throw error
    throw unusable(`${where}: ${error.message} It has to be: ${SERVICE_FORMS[kind]}`)
  }
}

function contextOf(settings: Settings): KeyContext {
  const entries = [...settings].filter(([name]) => name.startsWith(CONTEXT))
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(CONTEXT.length), value]))
}

function vaultOf(settings: Settings, env: Terminal['env']): KeyService {
  const [mount, namespace, tokenFile] = ['mount', 'namespace', 'token-file'].map(name => settings.get(name))
  return vaultTransit({
    url: settings.get('url') ?? '',
    key: settings.get('key') ?? '',
    token: tokenFile === undefined ? vaultToken(env) : fileSecret(tokenFile),
    // An agent on this machine is asked in clear.
    allowInsecureLoopback: true,
    ...(mount !== undefined && { mount }),
    ...(namespace !== undefined && { namespace }),
  })
}

function vaultToken({ VAULT_TOKEN: token }: Terminal['env']): Secret {
  return secret(() => {
    if (token) return token
    const message = 'VAULT_TOKEN is not set; set it, or name a file with token-file=<path> in the keyring.'
    throw new EvergrantError(fail('secret_unavailable', { message }))
  })
}

function awsOf(settings: Settings): KeyService {
  const [region, endpoint] = ['region', 'endpoint'].map(name => settings.get(name))
  return lazyAwsKms({ keyId: settings.get('key') ?? '', region, endpoint })
}
