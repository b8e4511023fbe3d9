import { createHmac } from 'node:crypto'
import type { HeaderList } from '@evergrant/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bceAuthorization, canonicalQuery, canonicalUri } from '../src/calls.ts'
import { bceSigningKey } from '../src/signing/bce-authorization.ts'

const at = (time: string) => Date.parse(time)

describe('the vectors that the platform and its SDKs give:', () => {
  it('the upload of the documentation', async () => {
    const url =
      'https://bj.bcebos.com/v1/test/myfolder/readme.txt?partNumber=9&uploadId=a44cc9bab11cbd156984767aad637851'
    const headers: HeaderList = [
      ['Host', 'bj.bcebos.com'],
      ['Date', 'Mon, 27 Apr 2015 16:23:49 +0800'],
      ['Content-Type', 'text/plain'],
      ['Content-Length', '8'],
      ['Content-Md5', 'NFzcPqhviddjRNnSOGo4rw=='],
      ['x-bce-date', '2015-04-27T08:23:49Z'],
    ]
    const signing = {
      accessKeyId: 'a'.repeat(32),
      secretAccessKey: 'b'.repeat(32),
      signedAt: at('2015-04-27T08:23:49Z'),
    }
    const prefix = `bce-auth-v1/${signing.accessKeyId}/2015-04-27T08:23:49Z/1800`
    expect(await bceSigningKey(signing.secretAccessKey, prefix)).toBe(
      '1d5ce5f464064cbee060330d973218821825ac6952368a482a592e6615aef479',
    )
    expect(await bceAuthorization({ method: 'PUT', url, headers }, signing)).toBe(
      `${prefix}/content-length;content-md5;content-type;host;x-bce-date/d74a04362e6a848f5b39b15421cb449427f419c95a480fd6b8cf9fc783e2999e`,
    )
  })

  it.each([
    [
      'parameters without a value',
      'PUT',
      'https://bce.baidu.com/v1/bucket/object1?A&b=&C=d',
      [
        ['Host', 'bce.baidu.com'],
        ['x-bce-meta-key1', 'ABC'],
      ],
      'host;x-bce-meta-key1/80c9672aca2ea9af4bb40b9a8ff458d72df94e97d550840727f3a929af271d25',
    ],
    [
      'header fields without a host',
      'DELETE',
      'https://bce.baidu.com/v1/test-bucket1361199862',
      [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['Content-Length', '0'],
      ],
      'content-length;content-type/c9386b15d585960ae5e6972f73ed92a9a682dc81025480ba5b41206d3e489822',
    ],
  ] as const)('%s', async (_, method, url, headers, expected) => {
    const signing = { accessKeyId: 'my_ak', secretAccessKey: 'my_sk', signedAt: at('2014-06-13T05:57:36Z') }
    const prefix = 'bce-auth-v1/my_ak/2014-06-13T05:57:36Z/1800'
    expect(await bceSigningKey('my_sk', prefix)).toBe(
      'b358d27f22640783b887965f17e6cf57ce5b44e3e44ed171a934df6daff52a7c',
    )
    expect(await bceAuthorization({ method, url, headers }, signing)).toBe(`${prefix}/${expected}`)
  })

  it('a call of text recognition', async () => {
    const headers: HeaderList = [
      ['host', 'aip.baidubce.com'],
      ['x-bce-date', '2025-01-01T00:00:00Z'],
    ]
    const url = 'https://aip.baidubce.com/rest/2.0/ocr/v1/general_basic'
    const signing = {
      accessKeyId: 'ALTAKexampleid',
      secretAccessKey: 'examplesecret',
      signedAt: at('2025-01-01T00:00:00Z'),
    }
    expect(await bceAuthorization({ method: 'POST', url, headers }, signing)).toBe(
      'bce-auth-v1/ALTAKexampleid/2025-01-01T00:00:00Z/1800/host;x-bce-date/0479c4028a5a1279dab75f9a4d50ad662ab67dfc2ed48a9c8fb30ee90fd33861',
    )
  })

  it('a query beyond ASCII', () => {
    expect(canonicalQuery('text10=test&text1=测试&text')).toBe('text10=test&text1=%E6%B5%8B%E8%AF%95&text=')
  })
})

function formOf(parameters: readonly (readonly [string, string])[]): string {
  return new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()
}

describe('a path in canonical form', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['/a//b/', '/a//b/'],
    ['/a b', '/a%20b'],
    ['/a%20b', '/a%20b'],
    ['/a+b', '/a%2Bb'],
    ["/!'()*", '/%21%27%28%29%2A'],
    ['/%e6%b5%8b', '/%E6%B5%8B'],
    ['/测', '/%E6%B5%8B'],
    ['/%7e%2D%2f%41', '/~-%2FA'],
    ['/100%', '/100%25'],
    ['/%zz%ff', '/%25zz%FF'],
    ['/\u017f\u212a', '/%C5%BF%E2%84%AA'],
    ['/\ud800', '/%EF%BF%BD'],
    ['/😀', '/%F0%9F%98%80'],
  ])('%j is %j', (path, canonical) => {
    expect(canonicalUri(path)).toBe(canonical)
  })
})

describe('a query in canonical form', () => {
  it.each([
    ['', ''],
    ['b=2&a=1', 'a=1&b=2'],
    ['a', 'a='],
    ['a=&&b', 'a=&b='],
    ['=x', '=x'],
    ['a=b=c', 'a=b%3Dc'],
    ['a=1+1&b=1%2B1&c=1%201', 'a=1%201&b=1%2B1&c=1%201'],
    ["a b=!'()*", 'a%20b=%21%27%28%29%2A'],
    ['%e6%b5%8b=1', '%E6%B5%8B=1'],
    ['a=1&Authorization=x&authorization=y', 'a=1'],
    ['a=2&a=10&a=1', 'a=1&a=10&a=2'],
    ['a1=x&a=x', 'a1=x&a=x'],
  ])('%j is %j', (query, canonical) => {
    expect(canonicalQuery(query)).toBe(canonical)
  })

  it('is the same however its parameters were encoded', () => {
    const parameter = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(fc.array(parameter), parameters => {
        const percent = parameters.map(pair => pair.map(encodeURIComponent).join('=')).join('&')
        const form = formOf(parameters)
        expect(canonicalQuery(form)).toBe(canonicalQuery(percent))
        expect(canonicalQuery(canonicalQuery(percent))).toBe(canonicalQuery(percent))
      }),
    )
  })
})

/** The algorithm once more, from its description, over bytes and with another library. */
function reference(
  method: string,
  path: readonly string[],
  parameters: readonly (readonly [string, string])[],
  headers: readonly (readonly [string, string])[],
  secret: string,
  prefix: string,
): string {
  const encode = (text: string) =>
    [...Buffer.from(text, 'utf8')]
      .map(byte => {
        const character = String.fromCharCode(byte)
        return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
      })
      .join('')
  const hmac = (key: string, text: string) => createHmac('sha256', key).update(text, 'utf8').digest('hex')
  const query = parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
  const lines = headers.map(([name, value]) => `${name}:${encode(value)}`).sort()
  const text = [method, `/${path.map(encode).join('/')}`, query.join('&'), lines.join('\n')].join('\n')
  return hmac(hmac(secret, prefix), text)
}

describe('a signature', () => {
  it('is the one that an independent implementation makes, for any request', async () => {
    const segment = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !/^\.+$/.test(text))
    const name = fc.string({ unit: 'grapheme', minLength: 1 })
    const value = fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        fc.array(segment, { maxLength: 4 }),
        fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^x-bce-[a-z-]{1,9}$/), value, { maxKeys: 3 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.integer({ min: 0, max: 4_102_444_800_000 }),
        async (method, path, parameters, fields, secret, signedAt) => {
          const query = formOf(parameters)
          const url = `https://a.example/${path.map(encodeURIComponent).join('/')}?${query}`
          const headers = [...Object.entries(fields), ['host', 'a.example'] as const]
          const made = await bceAuthorization(
            { method, url, headers },
            { accessKeyId: 'ak', secretAccessKey: secret, signedAt },
          )
          const prefix = made.split('/', 4).join('/')
          const signed = parameters.filter(([each]) => each.toLowerCase() !== 'authorization')
          expect(made.split('/').at(-1)).toBe(reference(method, path, signed, headers, secret, prefix))
        },
      ),
    )
  })
})
