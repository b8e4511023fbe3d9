import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

const RUNTIME = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

const SETUP = `
  import { fetchTransport, tokenSource, tolerantProfile } from ${JSON.stringify(RUNTIME)}
  const source = tokenSource({
    provider: {
      name: 'test',
      tokenEndpoint: process.argv[1],
      clientSecretMethod: 'client_secret_post',
      profile: tolerantProfile,
      policy: {},
    },
    client: { id: 'id', secret: 'secret' },
    transport: fetchTransport({ allowInsecureLoopback: true }),
    keepWarm: process.argv[2] === 'warm',
  })
`

let server: Server

/** A token endpoint that is down for the first requests. Returns its URL. */
async function endpoint(failures: number): Promise<string> {
  let requests = 0
  server = createServer((_request, response) => {
    response.statusCode = ++requests > failures ? 200 : 503
    response.end(JSON.stringify({ access_token: 'a', expires_in: 3600 }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

/** Runs a program in a process of its own that does nothing else, and returns how it ended. */
function run(program: string, ...args: string[]): Promise<{ code: number; printed: string }> {
  const options = ['--conditions=evergrant-source', '--unhandled-rejections=strict', '--input-type=module']
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [...options, '-e', SETUP + program, '--', ...args],
      { timeout: 20_000 },
      (error, stdout) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), printed: stdout.trim() }),
    )
  })
}

describe('a process with nothing else to do', () => {
  it('lives on while a caller waits for the pause after a failure', async () => {
    const url = await endpoint(2)
    expect(await run('console.log((await source.token()).accessToken)', url)).toEqual({
      code: 0,
      printed: 'a',
    })
  })

  it('lives on while somebody watches', async () => {
    const url = await endpoint(1)
    const program = `for await (const { accessToken } of source.watch()) {
      console.log(accessToken)
      await source.close()
    }`
    expect(await run(program, url)).toEqual({ code: 0, printed: 'a' })
  })

  it('ends when its work is done, though a source is kept warm and nobody has closed it', async () => {
    const url = await endpoint(0)
    expect(await run('await source.token(); console.log("done")', url, 'warm')).toEqual({
      code: 0,
      printed: 'done',
    })
  })
})
