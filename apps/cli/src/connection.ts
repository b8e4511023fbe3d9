import type { AuditLog } from '@evergrant/audit'
import { EvergrantError, fail, type Secret, type Store } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { secret, type TokenSource, tokenSource } from '@evergrant/runtime'
import { fileSecret } from '@evergrant/runtime/node'
import { memoryStore } from '@evergrant/store-memory'
import { undiciTransport } from '@evergrant/transport-undici'
import { type Command, Option } from 'commander'
import { allOf } from './all-of.ts'
import { auditing } from './audit-place.ts'
import { messageOf } from './chinese/failure-text.ts'
import { UsageError } from './failure-report.ts'
import { labelsFor } from './labels.ts'
import { PRESET_NAMES, PRESETS, type PresetName, type ProviderPreset } from './provider/provider-preset.ts'
import { runSandbox, sandboxAppOf } from './provider/run-sandbox.ts'
import { recall, requireName, serverName } from './sign-in/sign-in.ts'
import { apiOfSignIn, signedInSource } from './sign-in/signed-in-source.ts'
import { storeFor } from './store-place.ts'
import { painter, readsChinese, type Terminal, writeLine } from './terminal.ts'

/** Where tokens come from, as the options of a command say. */
export interface ConnectionOptions {
  readonly provider?: PresetName
  readonly sandbox?: boolean
  readonly sandboxUrl?: string
  readonly endpoint?: string
  readonly apiKeyFile?: string
  readonly secretKeyFile?: string
  readonly store?: string
  /** The name of a sign-in. */
  readonly as?: string
  readonly keyring?: string
  /** An open log for what happens; absent: one of its own, where there is to be one. */
  readonly audit?: AuditLog | undefined
  /** What stands before a note for people: which of several it is about. */
  readonly toldAs?: string | undefined
}

/** An open source of tokens, and what belongs to it. */
export interface Connection {
  readonly source: TokenSource
  /** Whose tokens they are, as people know it. */
  readonly label: string
  /** The platform; `undefined` for a sign-in at a server that is known by its issuer URL. */
  readonly preset: ProviderPreset | undefined
  /** The APIs that its tokens are for, at further origins, too. */
  readonly api: (origins: readonly string[]) => ResourceServer
  /** Whether somebody has signed in for it. */
  readonly signedIn: boolean
  /** The origin that stands in for the platform's hosts; `undefined` when the platform itself is meant. */
  readonly sandboxUrl: string | undefined
  close(): Promise<void>
}

/** What a sandbox has of its own. */
const OF_THE_PLATFORM = ['endpoint', 'apiKeyFile', 'secretKeyFile']

/** Adds the options that every command with tokens has. */
export function withConnection(command: Command): Command {
  return command
    .addOption(
      new Option('--provider <name>', 'whose tokens; baidu if nothing is said').choices(PRESET_NAMES),
    )
    .addOption(
      new Option(
        '--sandbox',
        'use an embedded sandbox instead of the platform: no keys, no network',
      ).conflicts(['sandboxUrl', ...OF_THE_PLATFORM]),
    )
    .addOption(
      new Option('--sandbox-url <url>', 'use the sandbox that "evergrant sandbox" runs').conflicts(
        OF_THE_PLATFORM,
      ),
    )
    .option('--endpoint <url>', 'another token endpoint than the platform has')
    .option('--api-key-file <path>', 'read the API Key, or what the platform calls the id, from a file')
    .option('--secret-key-file <path>', 'read the Secret Key, or what the platform calls it, from a file')
    .option(
      '--store <place>',
      'keep tokens in a directory, at a redis: URL, or in "memory" (EVERGRANT_STORE)',
    )
    .option('--keyring <path>', 'seal what is kept, with the keys of this file (EVERGRANT_KEYRING)')
}

/** Adds the option that names a sign-in, for commands that serve those, too. */
export function withSignIn(command: Command): Command {
  return withConnection(command).addOption(
    new Option('--as <name>', 'use the sign-in of this name')
      .argParser(requireName)
      .conflicts(['provider', 'sandbox', 'sandboxUrl', ...OF_THE_PLATFORM]),
  )
}

/**
 * The grant of a sign-in: of the one that is named, or of the default one where nothing else is. Keys or a sandbox
 * otherwise.
 */
export async function connectAs(options: ConnectionOptions, terminal: Terminal): Promise<Connection> {
  return (await connectToSignIn(options, terminal)) ?? (await connect(options, terminal))
}

/** A platform, with keys, or its sandbox. */
export async function connect(options: ConnectionOptions, terminal: Terminal): Promise<Connection> {
  const preset = presetOf(options)
  if (usesSandbox(options)) return connectToSandbox(preset, options, terminal)
  const { apiKeyFile, secretKeyFile, endpoint } = options
  const { provider, idVariable, secretVariable } = preset
  const store = await storeFor(options, terminal)
  const source = tokenSource({
    provider: endpoint === undefined ? provider : { ...provider, tokenEndpoint: endpoint },
    client: {
      id: apiKeyFile === undefined ? variable(idVariable, preset, terminal) : fileSecret(apiKeyFile),
      secret:
        secretKeyFile === undefined ? variable(secretVariable, preset, terminal) : fileSecret(secretKeyFile),
    },
    store,
    transport: undiciTransport(),
  })
  return opened({ source, store, sandboxUrl: undefined, ...ofPreset(preset) }, options, terminal)
}

function presetOf({ provider = 'baidu' }: ConnectionOptions): ProviderPreset {
  return PRESETS[provider]
}

function ofPreset(preset: ProviderPreset) {
  return { preset, label: preset.label, api: preset.api, signedIn: false }
}

/** A connection over an open source: with notes for whoever sits at the terminal, and for the audit log. */
async function opened(
  parts: Omit<Connection, 'close'> & { readonly store: Store; readonly closeSandbox?: () => Promise<void> },
  { audit, toldAs }: ConnectionOptions,
  terminal: Terminal,
): Promise<Connection> {
  const { store, closeSandbox, ...connection } = parts
  warnOfDoubts(connection.source, prefixOf(toldAs), terminal)
  let stopAuditing: (() => void) | undefined
  const close = () =>
    allOf([
      () => connection.source.close(),
      () => stopAuditing?.(),
      () => store.close?.(),
      () => closeSandbox?.(),
    ])
  try {
    stopAuditing = await auditing(connection.source, audit, terminal)
  } catch (error) {
    await close()
    throw error
  }
  return { ...connection, close }
}

async function connectToSignIn(
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<Connection | undefined> {
  const { as: named, provider } = options
  const isElsewhere = provider !== undefined || usesSandbox(options) || hasKeys(options, terminal)
  if (named === undefined && isElsewhere) return undefined
  const store = await storeFor(options, terminal)
  const name = named ?? 'default'
  const signIn = await recall(store, name).catch(async error => {
    await store.close?.()
    throw error
  })
  if (signIn === undefined) {
    await store.close?.()
    if (named === undefined) return undefined
    throw new UsageError(`nobody is signed in as "${name}" here; sign in with "evergrant login --as ${name}"`)
  }
  return opened(
    {
      source: signedInSource(name, signIn, store, terminal),
      store,
      sandboxUrl: undefined,
      signedIn: true,
      label: signIn.server.kind === 'baidu' ? PRESETS.baidu.label : serverName(signIn),
      preset: signIn.server.kind === 'baidu' ? PRESETS.baidu : undefined,
      api: origins => apiOfSignIn(signIn, origins),
    },
    options,
    terminal,
  )
}

function hasKeys({ apiKeyFile }: ConnectionOptions, { env }: Terminal): boolean {
  return apiKeyFile !== undefined || Boolean(env.BAIDU_API_KEY)
}

function usesSandbox({ sandbox, sandboxUrl }: ConnectionOptions): boolean {
  return sandbox === true || sandboxUrl !== undefined
}

async function connectToSandbox(
  preset: ProviderPreset,
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<Connection> {
  const { sandboxUrl: running, store: place, keyring, provider = 'baidu', toldAs } = options
  if (running !== undefined) requireOrigin(running)
  if (place === undefined && keyring !== undefined) {
    throw new UsageError('--keyring seals what is kept, and tokens of a sandbox are kept with --store only')
  }
  // What an earlier sandbox has issued is worth nothing to this one.
  const store = place === undefined ? memoryStore() : await storeFor(options, terminal)
  const embedded = running === undefined ? await runSandbox(provider) : undefined
  const url = embedded?.url ?? (running ?? '').replace(/\/+$/, '')
  const { stderr, env } = terminal
  writeLine(stderr, painter(stderr, env)('dim', prefixOf(toldAs) + labelsFor(env).sandboxAt(url)))
  const source = tokenSource({
    provider: preset.sandboxed(url),
    client: await sandboxAppOf(provider),
    store,
    transport: undiciTransport({ allowInsecureLoopback: true }),
  })
  const closeSandbox = async () => embedded?.close()
  return opened({ source, store, sandboxUrl: url, closeSandbox, ...ofPreset(preset) }, options, terminal)
}

function requireOrigin(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return
  throw new UsageError(`--sandbox-url is no http or https URL: ${url}`)
}

/** A key from the environment of the terminal, with advice for those who are here for the first time. */
function variable(
  name: string,
  { label, idVariable, secretVariable }: ProviderPreset,
  { env }: Terminal,
): Secret {
  return secret(() => {
    const value = env[name]?.trim()
    if (value) return value
    throw new EvergrantError(
      fail('secret_unavailable', {
        message: `${name} is not set.`,
        advice: {
          en: `Set ${idVariable} and ${secretVariable} to the keys of your application at ${label}, name files with --api-key-file and --secret-key-file, or try --sandbox, which needs no keys.`,
          zh: `请将 ${idVariable} 与 ${secretVariable} 设为您应用的密钥，或用 --api-key-file 与 --secret-key-file 指定文件；也可用 --sandbox 体验，无需密钥。`,
        },
      }),
    )
  })
}

function prefixOf(name: string | undefined): string {
  return name === undefined ? '' : `${name}: `
}

function warnOfDoubts(source: TokenSource, prefix: string, { stderr, env }: Terminal): void {
  const paint = painter(stderr, env)
  const language = readsChinese(env) ? 'zh' : 'en'
  const told = new Set<string>()
  const note = (text: string) => {
    if (!told.has(text)) writeLine(stderr, `${paint('yellow', labelsFor(env).note)}${prefix}${text}`)
    told.add(text)
  }
  source.on(event => {
    if (event.type === 'client.doubtful') note(event.advice[language])
    if (event.type === 'store.refused') note(messageOf(event.failure, language))
  })
}
