import type { BaiduSandboxOptions, ListenOptions } from '@evergrant/testkit'
import { UsageError } from '../failure-report.ts'
import { PRESETS, type PresetName } from './provider-preset.ts'

/** What a sandbox may be told, whichever platform it stands in for. */
export interface SandboxWish extends ListenOptions, Pick<BaiduSandboxOptions, 'lifetimeSeconds' | 'qps'> {
  readonly onRequest?: (request: {
    readonly at: number
    readonly path: string
    readonly outcome: string
  }) => void
}

/** A running sandbox, whichever platform it stands in for. */
export interface RunningSandbox {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** What a person needs to use it, by name. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  close(): Promise<void>
}

/** The sandboxes, loaded by those who use one. */
const testkit = () => import('@evergrant/testkit')

/** The application that a sandbox of a platform knows. */
export async function sandboxAppOf(
  name: PresetName,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { PLATFORM_APP, SANDBOX_APP } = await testkit()
  return name === 'baidu' ? { id: SANDBOX_APP.apiKey, secret: SANDBOX_APP.secretKey } : PLATFORM_APP
}

/** Starts a stand-in for a platform: on loopback, unless it is told otherwise. */
export function runSandbox(name: PresetName, wish: SandboxWish = {}): Promise<RunningSandbox> {
  const running = name === 'baidu' ? runBaidu(wish) : runPlatform(name, wish)
  return running.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE')
      throw new UsageError(`port ${wish.port} is taken; choose another with --port`)
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
      throw new UsageError(`${wish.host} is no address of this machine`)
    }
    throw error
  })
}

async function runBaidu(wish: SandboxWish): Promise<RunningSandbox> {
  const { baiduSandbox } = await testkit()
  const sandbox = await baiduSandbox(wish)
  const { url, tokenEndpoint, bearerEndpoint, app } = sandbox
  return {
    url,
    facts: [
      ['token endpoint', tokenEndpoint],
      ['API Key', app.apiKey],
      ['Secret Key', app.secretKey],
      ['Access Key ID', app.accessKeyId],
      ['Secret Access Key', app.secretAccessKey],
      ['exchange', bearerEndpoint],
      ['API Key (bearer)', app.bearerKey],
    ],
    close: () => sandbox.close(),
  }
}

async function runPlatform(name: Exclude<PresetName, 'baidu'>, wish: SandboxWish): Promise<RunningSandbox> {
  const { qps, ...options } = wish
  if (qps !== undefined) throw new UsageError('--qps is for the sandbox of Baidu')
  const { platformSandbox } = await testkit()
  const sandbox = await platformSandbox(name, options)
  const { sandboxed, idVariable, secretVariable } = PRESETS[name]
  return {
    url: sandbox.url,
    facts: [
      ['token endpoint', sandboxed(sandbox.url).tokenEndpoint],
      [idVariable, sandbox.app.id],
      [secretVariable, sandbox.app.secret],
    ],
    close: () => sandbox.close(),
  }
}
