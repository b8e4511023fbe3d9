import { resolve } from 'node:path'
import type { Transport } from '@evergrant/core'
import { discoverProvider } from '@evergrant/runtime/flows'
import { fileSecret } from '@evergrant/runtime/node'
import { UsageError } from '../failure-report.ts'
import type { Terminal } from '../terminal.ts'
import type { SecretPlace, SignIn, SignInServer } from './sign-in.ts'

/** At which server, and as which client, the options of a sign-in say. */
export interface SignInTarget {
  readonly issuer?: string
  readonly provider?: string
  readonly endpoint?: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly apiKeyFile?: string
  readonly secretKeyFile?: string
}

const BAIDU_ENDPOINT = 'https://openapi.baidu.com/oauth/2.0/token'

/** The sign-in that is asked for; discovers the server where it is named by its issuer URL. */
export async function signInRequest(
  target: SignInTarget,
  transport: Transport,
  terminal: Terminal,
): Promise<SignIn> {
  const { issuer, provider } = target
  if (issuer !== undefined && provider === undefined) {
    const client = clientBy(target, terminal)
    return { server: await discovered(issuer, transport), ...client }
  }
  if (provider === 'baidu' && issuer === undefined) {
    const client = await baiduClient(target, terminal)
    return { server: { kind: 'baidu', tokenEndpoint: target.endpoint ?? BAIDU_ENDPOINT }, ...client }
  }
  if (provider !== undefined && provider !== 'baidu') {
    throw new UsageError(
      `nobody can sign in at "${provider}": --provider takes baidu; any other server is named with --issuer <url>`,
    )
  }
  throw new UsageError('say where to sign in: --issuer <url>, or --provider baidu')
}

async function discovered(issuer: string, transport: Transport): Promise<SignInServer> {
  const { profile, policy, ...endpoints } = await discoverProvider(issuer, { transport })
  return { kind: 'discovered', endpoints }
}

type SignInClient = Pick<SignIn, 'clientId' | 'secretAt'>

function clientBy({ clientId, clientSecretFile }: SignInTarget, { env }: Terminal): SignInClient {
  const id = clientId ?? env.EVERGRANT_CLIENT_ID?.trim()
  if (!id) throw new UsageError('name the client that is registered at the server: --client-id <id>')
  const secretAt = placeOf(clientSecretFile, 'EVERGRANT_CLIENT_SECRET', env)
  return { clientId: id, ...(secretAt !== undefined && { secretAt }) }
}

async function baiduClient(target: SignInTarget, { env }: Terminal): Promise<SignInClient> {
  const { apiKeyFile, secretKeyFile } = target
  const id =
    target.clientId ??
    (apiKeyFile === undefined ? env.BAIDU_API_KEY?.trim() : await fileSecret(apiKeyFile).read())
  const secretAt = placeOf(secretKeyFile ?? target.clientSecretFile, 'BAIDU_SECRET_KEY', env)
  if (id && secretAt !== undefined) return { clientId: id, secretAt }
  throw new UsageError(
    'set BAIDU_API_KEY and BAIDU_SECRET_KEY to the keys of your application, or name files with --api-key-file and --secret-key-file',
  )
}

function placeOf(file: string | undefined, variable: string, env: Terminal['env']): SecretPlace | undefined {
  if (file !== undefined) return { file: resolve(file) }
  return env[variable]?.trim() ? { variable } : undefined
}
