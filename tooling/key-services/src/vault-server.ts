import { randomBytes } from 'node:crypto'
import { type Answer, type Exchange, type JsonServer, jsonServer } from './json-server.ts'
import { unwrap, wrap } from './wrapping.ts'

/** What the stand-in expects unless it is told otherwise. */
export const VAULT = {
  token: 'hvs.s3cret-token',
  key: 'evergrant',
  mount: 'transit',
} as const

export interface VaultServerOptions {
  /** Where the engine is mounted. `transit` by default. */
  readonly mount?: string
  /** The namespace that requests must name. Absent: any, or none. */
  readonly namespace?: string
  /** The name of the only key. `evergrant` by default. */
  readonly key?: string
}

export interface VaultServer extends JsonServer {
  /** What it was asked: method and path. */
  readonly requests: string[]
  /** Answers with this until it is told otherwise; `undefined` for what is right. */
  fail(answer: Answer | undefined): void
}

/** Does what the transit engine does with a key that is derived, for requests as Vault wants them. */
export async function vaultServer(options: VaultServerOptions = {}): Promise<VaultServer> {
  const { mount = VAULT.mount, key: name = VAULT.key, namespace } = options
  const master = randomBytes(32)
  const requests: string[] = []
  let fault: Answer | undefined

  function answer({ request, body }: Exchange): Answer {
    requests.push(`${request.method} ${request.url}`)
    const { 'x-vault-token': token, 'x-vault-namespace': space } = request.headers
    if (token !== VAULT.token || (namespace !== undefined && space !== namespace)) {
      return { status: 403, body: { errors: [`permission denied ${token}`] } }
    }
    if (request.headers['x-vault-request'] !== 'true') return { status: 400 }
    if (fault !== undefined) return fault
    const { context, bits, ciphertext, plaintext } = JSON.parse(body)
    if (typeof context !== 'string') return { status: 400, body: { errors: ["missing 'context'"] } }
    const wrapped = (bytes: Buffer) => `vault:v1:${wrap(master, bytes, context).toString('base64')}`
    const [, operation] = request.url?.split(`/v1/${mount}/`) ?? []
    if (operation === `datakey/plaintext/${name}` && bits === 256) {
      const key = randomBytes(32)
      return data({ plaintext: key.toString('base64'), ciphertext: wrapped(key) })
    }
    if (operation === `encrypt/${name}`)
      return data({ ciphertext: wrapped(Buffer.from(plaintext, 'base64')) })
    if (operation !== `decrypt/${name}`) return { status: 404, body: { errors: [] } }
    const bytes = unwrap(master, Buffer.from(ciphertext.slice('vault:v1:'.length), 'base64'), context)
    if (bytes !== undefined) return data({ plaintext: bytes.toString('base64') })
    return { status: 400, body: { errors: ['cipher: message authentication failed'] } }
  }

  const server = await jsonServer(answer)
  return {
    ...server,
    requests,
    fail(next) {
      fault = next
    },
  }
}

function data(members: object): Answer {
  return { status: 200, body: { data: members } }
}
