import { describe, expect, it } from 'vitest'
import { type ApiAnswer, judgeCall, type ResourceServer, secretsIn } from '../../src/calls.ts'
import { fail } from '../../src/index.ts'

const TARGET = { hostname: 'api.example', pathname: '/x' }
const SECRET = 'a+secret/token=='

/** A server whose errors say in their first word what they are about, and quote what they like. */
const server: ResourceServer = {
  name: 'talkative',
  origins: [],
  judge({ status, body = '', header }) {
    if (!body.startsWith('token') && !body.startsWith('request')) return undefined
    return {
      ...fail('rate_limited', { description: `${body} ${header('x-error')}` }),
      code: body.slice(0, 20),
      message: `It says ${body}`,
      status,
      about: body.startsWith('token') ? 'token' : 'request',
      plain: false,
    }
  },
}

function judged(body: string | undefined, secrets = [SECRET], more: Partial<ApiAnswer> = {}) {
  return judgeCall(server, { status: 400, header: () => undefined, body, ...more }, TARGET, secrets)
}

describe('the judgement of an answer', () => {
  it('is nothing where nothing failed, and the server’s own where nothing is secret', () => {
    expect(judged('fine')).toBeUndefined()
    expect(judged(undefined)).toBeUndefined()
    expect(judged('token x', [])).toMatchObject({ code: 'token x', about: 'token' })
  })

  it.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['in base64', Buffer.from(SECRET).toString('base64')],
  ])('quotes no secret that the answer echoes %s, in body or header', (_, echo) => {
    const failure = judged(`token ${echo}`, [SECRET], { header: name => `${name} ${echo}` })
    expect(failure).toMatchObject({
      about: 'token',
      status: 400,
      code: 'token ‹redacted›',
      message: 'It says token ‹redacted›',
      description: 'token ‹redacted› x-error ‹redacted›',
    })
  })

  it('knows what is secret of the fields that a signer adds, which is not the name of its scheme', () => {
    const fields = [
      ['authorization', 'Bearer a-key'],
      ['authorization', 'bce-auth-v1/id/date/1800//signature'],
      ['x-key', 'another one'],
    ] as const
    expect(secretsIn(fields)).toEqual(['a-key', 'bce-auth-v1/id/date/1800//signature', 'another one'])
  })

  it('decides by what was sent, though the secret be part of it', () => {
    expect(judged('token oken-secret', ['oken'])).toMatchObject({
      about: 'token',
      code: 'unknown_error',
      message: 'The API answered with an error that cannot be shown.',
    })
    expect(judged('token oken-secret', ['oken'])).not.toHaveProperty('description')
  })
})
