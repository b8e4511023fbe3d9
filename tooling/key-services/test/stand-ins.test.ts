import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AWS, awsKmsServer, VAULT, vaultServer } from '../src/index.ts'

describe('the stand-in for Vault', () => {
  it('answers whoever shows the token and a context, and nobody else', async () => {
    const vault = await vaultServer()
    const ask = (headers: Record<string, string>, body: object) =>
      fetch(`${vault.url}/v1/transit/encrypt/${VAULT.key}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      }).then(({ status }) => status)
    const [token, asks] = [{ 'x-vault-token': VAULT.token }, { 'x-vault-request': 'true' }]
    const right = { plaintext: 'AAAA', context: 'W10=' }
    expect([
      await ask({ ...token, ...asks }, right),
      await ask(asks, right),
      await ask(token, right),
      await ask({ ...token, ...asks }, { plaintext: 'AAAA' }),
    ]).toEqual([200, 403, 400, 400])
    await vault.close()
  })
})

describe('the stand-in for AWS KMS', () => {
  it('answers the one signature that a request has to have, worked out by hand, and no other', async () => {
    const aws = await awsKmsServer(['k'])
    const body = JSON.stringify({ KeyId: 'k', KeySpec: 'AES_256', EncryptionContext: {} })
    const statuses = []
    for (const secret of [AWS.secretAccessKey, 'another']) {
      const response = await fetch(aws.url, { method: 'POST', headers: signed(aws.url, body, secret), body })
      statuses.push(response.status)
    }
    expect([statuses, aws.targets.length, aws.unsigned]).toEqual([[200, 400], 1, 1])
    await aws.close()
  })
})

/** The header fields of a request, signed by Signature Version 4. */
function signed(url: string, body: string, secret: string): Record<string, string> {
  const [at, day] = ['20260101T000000Z', '20260101']
  const target = 'TrentService.GenerateDataKey'
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const names = 'host;x-amz-date;x-amz-target'
  const fields = `host:${new URL(url).host}\nx-amz-date:${at}\nx-amz-target:${target}\n`
  const canonical = ['POST', '/', '', fields, names, hash(body)].join('\n')
  const scope = `${day}/${AWS.region}/kms/aws4_request`
  const parts = [
    day,
    AWS.region,
    'kms',
    'aws4_request',
    `AWS4-HMAC-SHA256\n${at}\n${scope}\n${hash(canonical)}`,
  ]
  const signature = parts.reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  )
  const credential = `${AWS.accessKeyId}/${scope}`
  const how = `Credential=${credential}, SignedHeaders=${names}, Signature=${signature.toString('hex')}`
  return { authorization: `AWS4-HMAC-SHA256 ${how}`, 'x-amz-date': at, 'x-amz-target': target }
}
