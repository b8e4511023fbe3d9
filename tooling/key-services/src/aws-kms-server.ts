import { createHash, createHmac, randomBytes } from 'node:crypto'
import { type Answer, type Exchange, type JsonServer, jsonServer } from './json-server.ts'
import { unwrap, wrap } from './wrapping.ts'

/** Credentials that the stand-in knows, and its region. */
export const AWS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI-s3cret', // evergrant: not a secret
  region: 'cn-north-1',
} as const

export interface AwsKmsServer extends JsonServer {
  /** What it was asked, by requests that are signed. */
  readonly targets: string[]
  /** How many requests were not signed as they have to be. */
  readonly unsigned: number
  /** Answers with this until it is told otherwise; `undefined` for what is right. */
  fail(answer: Answer | undefined): void
  /** Forgets what it was asked. */
  clear(): void
}

/** Does what AWS KMS does, for requests that are signed as they have to be. */
export async function awsKmsServer(keyIds: readonly string[]): Promise<AwsKmsServer> {
  const masters = new Map(keyIds.map(keyId => [keyId, randomBytes(32)]))
  const targets: string[] = []
  let unsigned = 0
  let fault: Answer | undefined

  function answer(exchange: Exchange): Answer {
    if (!isSigned(exchange)) {
      unsigned += 1
      return refusal('InvalidSignatureException')
    }
    const target = `${exchange.request.headers['x-amz-target']}`
    targets.push(target)
    if (fault !== undefined) return fault
    const {
      KeyId,
      KeySpec,
      CiphertextBlob = '',
      Plaintext = '',
      EncryptionContext,
    } = JSON.parse(exchange.body)
    const master = masters.get(KeyId)
    if (master === undefined) return refusal('NotFoundException')
    const context = JSON.stringify(Object.entries(EncryptionContext).sort())
    if (target === 'TrentService.GenerateDataKey' && KeySpec === 'AES_256') {
      const key = randomBytes(32)
      const blob = wrap(master, key, context).toString('base64')
      return { status: 200, body: { KeyId, Plaintext: key.toString('base64'), CiphertextBlob: blob } }
    }
    if (target === 'TrentService.Encrypt') {
      const blob = wrap(master, Buffer.from(Plaintext, 'base64'), context).toString('base64')
      return { status: 200, body: { KeyId, CiphertextBlob: blob } }
    }
    const bytes = unwrap(master, Buffer.from(CiphertextBlob, 'base64'), context)
    if (bytes === undefined) return refusal('InvalidCiphertextException')
    return { status: 200, body: { KeyId, Plaintext: bytes.toString('base64') } }
  }

  const server = await jsonServer(answer)
  return {
    ...server,
    targets,
    get unsigned() {
      return unsigned
    },
    fail(next) {
      fault = next
    },
    clear() {
      targets.length = 0
      unsigned = 0
    },
  }
}

/** An answer by which KMS refuses; its text repeats a secret, as texts of servers may. */
export function refusal(type: string, status = 400): Answer {
  return { status, body: { __type: type, message: `no: ${AWS.secretAccessKey}` } }
}

/**
 * Whether the signature of a request is the one that Signature Version 4 asks for, worked out from the request as it
 * arrived and the secret (AWS, "Create a signed AWS API request").
 */
function isSigned({ request, body }: Exchange): boolean {
  const { authorization = '' } = request.headers
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
  const [, accessKeyId, day = '', region = '', names = '', signature] = form.exec(authorization) ?? []
  if (accessKeyId !== AWS.accessKeyId || region !== AWS.region) return false
  for (const needed of ['host', 'x-amz-date', 'x-amz-target']) {
    if (!names.split(';').includes(needed)) return false
  }
  const at = `${request.headers['x-amz-date']}`
  if (!at.startsWith(day)) return false
  const headers = names.split(';').map(name => `${name}:${`${request.headers[name]}`.trim()}\n`)
  const canonical = [request.method, request.url, '', headers.join(''), names, sha256(body)].join('\n')
  const scope = `${day}/${region}/kms/aws4_request`
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
  const key = [day, region, 'kms', 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${AWS.secretAccessKey}`),
  )
  return hmac(key, text).toString('hex') === signature
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
