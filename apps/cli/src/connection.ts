import { EvergrantError, fail, type Secret, type Store } from '@evergrant/core'
import { baidu } from '@evergrant/provider-baidu'
import { secret, type TokenSource, tokenSource } from '@evergrant/runtime'
import { fileSecret } from '@evergrant/runtime/node'
import { memoryStore } from '@evergrant/store-memory'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '@evergrant/testkit'
import { undiciTransport } from '@evergrant/transport-undici'
import type { Command } from 'commander'
import { auditing } from './audit-place.ts'
import { UsageError } from './failure-report.ts'
import { recall } from './sign-in/sign-in.ts'
import { signedInSource } from './sign-in/signed-in-source.ts'
import { storeFor } from './store-place.ts'
import { painter, type Terminal, writeLine } from './terminal.ts'

/** Where tokens come from, as the options of a command say. */
export interface ConnectionOptions {
  readonly sandbox?: boolean
  readonly sandboxUrl?: string
  readonly endpoint?: string
  readonly apiKeyFile?: string
  readonly secretKeyFile?: string
  readonly store?: string
  /** The name of a sign-in. */
  readonly as?: string
  readonly keyring?: string
}

/** An open source of tokens, and what belongs to it. */
export interface Connection {
  readonly source: TokenSource
  /** The origin that stands in for Baidu's hosts; `undefined` when Baidu itself is meant. */
  readonly sandboxUrl: string | undefined
  close(): Promise<void>
}

/** Adds the options that every command with tokens has. */
export function withConnection(command: Command): Command {
  return command
    .option('--sandbox', 'use an embedded sandbox instead of Baidu: no keys, no network')
    .option('--sandbox-url <url>', 'use the sandbox that "evergrant sandbox" runs')
    .option('--endpoint <url>', 'another token endpoint than aip.baidubce.com')
    .option('--api-key-file <path>', 'read the API Key from a file instead of BAIDU_API_KEY')
    .option('--secret-key-file <path>', 'read the Secret Key from a file instead of BAIDU_SECRET_KEY')
    .option(
      '--store <place>',
      'keep tokens in a directory, at a redis: URL, or in "memory" (EVERGRANT_STORE)',
    )
    .option('--keyring <path>', 'seal what is kept, with the keys of this file (EVERGRANT_KEYRING)')
}

export async function connect(options: ConnectionOptions, terminal: Terminal): Promise<Connection> {
  if (usesSandbox(options)) return connectToSandbox(options, terminal)
  const { apiKeyFile, secretKeyFile, endpoint = 'aip' } = options
  const store = await storeFor(options, terminal)
  const source = tokenSource({
    provider: baidu({ endpoint }),
    client: {
      id: apiKeyFile === undefined ? variable('BAIDU_API_KEY', terminal) : fileSecret(apiKeyFile),
      secret:
        secretKeyFile === undefined ? variable('BAIDU_SECRET_KEY', terminal) : fileSecret(secretKeyFile),
    },
    store,
    transport: undiciTransport(),
  })
  return opened(source, store, terminal)
}

/** A connection over an open source: with notes for whoever sits at the terminal, and for the audit log. */
async function opened(
  source: TokenSource,
  store: Store,
  terminal: Terminal,
  sandbox?: { readonly url: string; readonly embedded: BaiduSandbox | undefined },
): Promise<Connection> {
  warnOfDoubts(source, terminal)
  let stopAuditing: (() => void) | undefined
  const close = async () => {
    await source.close()
    stopAuditing?.()
    await store.close?.()
    await sandbox?.embedded?.close()
  }
  try {
    stopAuditing = await auditing(source, terminal)
  } catch (error) {
    await close()
    throw error
  }
  return { source, sandboxUrl: sandbox?.url, close }
}

/**
 * The grant of a sign-in: of the one that is named, or of the default one where nothing else is. `undefined` when
 * there is none, or keys or a sandbox are meant.
 */
export async function connectAs(
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<Connection | undefined> {
  const { as: named } = options
  if (named === undefined && (usesSandbox(options) || hasKeys(options, terminal))) return undefined
  const store = await storeFor(options, terminal)
  const name = named ?? 'default'
  const signIn = await recall(store, name)
  if (signIn === undefined) {
    await store.close?.()
    if (named === undefined) return undefined
    throw new UsageError(`nobody is signed in as "${name}" here; sign in with "evergrant login --as ${name}"`)
  }
  return opened(signedInSource(name, signIn, store, terminal), store, terminal)
}

function hasKeys({ apiKeyFile }: ConnectionOptions, { env }: Terminal): boolean {
  return apiKeyFile !== undefined || Boolean(env.BAIDU_API_KEY)
}

export function usesSandbox({ sandbox, sandboxUrl }: ConnectionOptions): boolean {
  return sandbox === true || sandboxUrl !== undefined
}

async function connectToSandbox(options: ConnectionOptions, terminal: Terminal): Promise<Connection> {
  const { sandboxUrl: running, store: place } = options
  // What an earlier sandbox has issued is worth nothing to this one.
  const store = place === undefined ? memoryStore() : await storeFor(options, terminal)
  const embedded: BaiduSandbox | undefined = running === undefined ? await baiduSandbox() : undefined
  const url = embedded?.url ?? (running ?? '').replace(/\/+$/, '')
  const { stderr, env } = terminal
  writeLine(
    stderr,
    painter(stderr, env)('dim', `sandbox at ${url}: its tokens are worth nothing anywhere else`),
  )
  const source = tokenSource({
    provider: baidu({ endpoint: `${url}/oauth/2.0/token` }),
    client: { id: SANDBOX_APP.apiKey, secret: SANDBOX_APP.secretKey },
    store,
    transport: undiciTransport({ allowInsecureLoopback: true }),
  })
  return opened(source, store, terminal, { url, embedded })
}

/** A key from the environment of the terminal, with advice for those who are here for the first time. */
function variable(name: string, { env }: Terminal): Secret {
  return secret(() => {
    const value = env[name]?.trim()
    if (value) return value
    throw new EvergrantError(
      fail('secret_unavailable', {
        message: `${name} is not set.`,
        advice: {
          en: 'Set BAIDU_API_KEY and BAIDU_SECRET_KEY to the keys of your application, name files with --api-key-file and --secret-key-file, or try --sandbox, which needs no keys.',
          zh: '请将 BAIDU_API_KEY 与 BAIDU_SECRET_KEY 设为您应用的密钥，或用 --api-key-file 与 --secret-key-file 指定文件；也可用 --sandbox 体验，无需密钥。',
        },
      }),
    )
  })
}

function warnOfDoubts(source: TokenSource, { stderr, env }: Terminal): void {
  const paint = painter(stderr, env)
  const told = new Set<string>()
  const note = (text: string) => {
    if (!told.has(text)) writeLine(stderr, `${paint('yellow', 'note:')} ${text}`)
    told.add(text)
  }
  source.on(event => {
    if (event.type === 'client.doubtful') note(event.advice.en)
    if (event.type === 'store.refused') note(event.failure.message)
  })
}
