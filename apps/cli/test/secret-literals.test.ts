import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { secretLiterals } from '../src/doctor/secret-literals.ts'

/** Texts that look like secrets, put together here so that this file has none. */
const KEY = ['zQ7', 'mT2kLw9', 'RxV4bN8', 'cY1hJ6sD3gF5p', 'A0'].join('')
const HEX = createHash('sha1').update('a token').digest('hex')
const RING_KEY = createHash('sha256').update('a ring').digest('base64')
const RING_LINE = `k1f2e3d4c:${RING_KEY}`
const lines = (path: string, text: string) => secretLiterals(path, text).map(({ line }) => line)

describe('a text that looks like a secret', () => {
  it.each([
    ['an option', 'a.ts', `tokenSource({ client: { id, secret: '${KEY}' } })`],
    ['a constant', 'a.ts', `const clientSecret = "${KEY}"`],
    ['a form', 'a.py', `client_secret='${KEY}',`],
    ['a name of Baidu', 'A.java', `SECRET_KEY = "${KEY}";`],
    ['a name of a cloud', 'a.ts', `secretAccessKey: '${KEY}'`],
    ['JSON', 'a.json', `{"appSecret": "${KEY}"}`],
    ['a template string', 'a.js', `let api_secret = \`${KEY}\``],
    ['a key of Baidu, anywhere', 'a.md', `curl -H "Bearer bce-v3/ALTAK-${KEY.slice(0, 20)}/${HEX}"`],
    ['a token of Baidu, anywhere', 'a.txt', `24.${HEX.slice(0, 32)}.2592000.1790123456.282335-17512345`],
    ['settings', '.env', `BAIDU_SECRET_KEY=${KEY}`],
    ['settings in YAML', 'deploy/a.yml', `    - BAIDU_SECRET_KEY: ${KEY}`],
    ['an image', 'Dockerfile', `ENV BAIDU_SECRET_KEY ${KEY}`],
  ])('in %s is found', (_, path, text) => {
    expect(lines(path, `\n${text}\n`)).toEqual([2])
  })

  it('is found as a private key, on lines of its own or in one', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    expect(lines('key.pem', pem)).toEqual([1])
    expect(lines('a.json', JSON.stringify({ key: pem }))).toEqual([1])
    expect(
      lines('a.ts', "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) throw new Error('no')"),
    ).toEqual([])
  })

  it.each([
    ['alone', `${RING_LINE}\n`, [1]],
    ['among others', `# of the plant\r\n${RING_LINE}\r\nolder_1:${RING_KEY}`, [2, 3]],
    ['in a manifest', `stringData:\n  ring: |\n    ${RING_LINE}\n`, [3]],
    ['below a remark', `# evergrant: not a secret\n${RING_LINE}\n${RING_LINE}`, [3]],
  ])('is found as a line of a keyring, %s', (_, text, found) => {
    expect(secretLiterals('ring', text)).toEqual(found.map(line => ({ line, what: 'a key of a keyring' })))
  })

  it.each([
    ['a digest', `sha256:${RING_KEY}`],
    ['a pin', `pin-sha256:${RING_KEY}`],
    ['of 31 bytes', `k1:${Buffer.alloc(31, 'a1B').toString('base64')}`],
    ['of 48 bytes', `k1:${RING_KEY.slice(0, -1)}${RING_KEY}`],
    ['no base64 of bytes', `k1:${RING_KEY.slice(0, -2)}b=`],
    ['in a sentence', `the key is k1:${RING_KEY}, say`],
    ['in JSON', `{"k1":"${RING_KEY}"}`],
    ['that names a service', 'k1:vault url=https://vault.example key=grants'],
    ['all of zeros', `k1:${Buffer.alloc(32).toString('base64')}`],
  ])('is not a line of a keyring: %s', (_, text) => {
    expect(lines('ring', text)).toEqual([])
  })

  it.each([
    ['a reference', 'a.ts', "secret: env('BAIDU_SECRET_KEY_OF_2026_01')"],
    ['a variable', 'a.sh', `export BAIDU_SECRET_KEY=$OTHER_VARIABLE_1234567`],
    ['a template', 'a.yml', '  clientSecret: {{ .Values.baidu1.secretKey }}'],
    ['a placeholder', 'a.ts', "secret: 'your-secret-key-goes-here-1'"],
    ['one that counts', 'a.ts', "secretKey: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'"],
    ['one of one character', 'a.ts', "secretKey: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1'"],
    ['words', 'a.ts', "secret: 'correct-horse-battery-staple'"],
    ['a short one', 'a.ts', "secret: 'aB3dE5fG7'"],
    ['prose', 'a.md', 'The client secret: see https://console.example/a1b2c3d4e5f6a7b8'],
    ['a key that is not called a secret', 'a.ts', `const etag = '${KEY}'`],
    ['settings without a name for a secret', '.env', `BUILD_ID=${KEY}`],
    ['a digest of a package', 'pnpm-lock.yaml', `    resolution: {integrity: sha512-${KEY}${KEY}==}`],
    ['one that was looked at', 'a.ts', `const secret = '${KEY}' // evergrant: not a secret`],
  ])('is not: %s', (_, path, text) => {
    expect(lines(path, text)).toEqual([])
  })

  it('is told once for a line, and does not take long to look for in a text made to take long', () => {
    expect(lines('.env', `client_secret="${KEY}"\nclient_secret="${KEY}"`)).toEqual([1, 2])
    const hostile = ['secret'.repeat(50_000), ' '.repeat(300_000), `secret = "${'a1'.repeat(150_000)}`]
    hostile.push(`k:${'A'.repeat(300_000)}`, 'k'.repeat(300_000), ' k:'.repeat(100_000))
    const begin = performance.now()
    for (const text of hostile) expect(lines('.env', text)).toEqual([])
    expect(performance.now() - begin).toBeLessThan(5_000)
  })
})
