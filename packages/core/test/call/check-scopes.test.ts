import { describe, expect, it } from 'vitest'
import { bearerApi, checkScopes, type ResourceServer, type ScopeRules, scopeLedger } from '../../src/calls.ts'

const TARGET = { hostname: 'api.example', pathname: '/reports' }
const PLAIN = bearerApi({ origins: ['https://api.example'] })

function server(rules: Partial<ScopeRules> = {}): ResourceServer {
  const neededBy: ScopeRules['neededBy'] = ({ pathname }) => (pathname === '/reports' ? ['reports'] : [])
  return { ...PLAIN, scopes: { neededBy, required: true, ...rules } }
}

describe('a call', () => {
  it('is made when its token has the scopes that it needs', () => {
    expect(() => checkScopes(server(), TARGET, ['reports', 'more'], { requires: ['more'] })).not.toThrow()
  })

  it('is made when nobody has said what was granted: the server will know', () => {
    expect(() => checkScopes(server(), TARGET, undefined, { requires: ['more'] })).not.toThrow()
  })

  it('is not made when its token lacks a scope, each of which is named once', () => {
    const adviceFor: ScopeRules['adviceFor'] = missing => ({
      en: `Enable ${missing.join('+')}.`,
      zh: '请开通。',
    })
    const call = () => checkScopes(server({ adviceFor }), TARGET, ['x'], { requires: ['reports', 'more'] })
    expect(call).toThrow(
      expect.objectContaining({
        kind: 'configure',
        code: 'insufficient_scope',
        message: 'The token lacks the scope reports more. Enable reports+more.',
        advice: { en: 'Enable reports+more.', zh: '请开通。' },
      }),
    )
  })

  it('that is known to need a scope is made all the same where that is not required', () => {
    expect(() => checkScopes(server({ required: false }), TARGET, [], {})).not.toThrow()
    expect(() => checkScopes(server({ required: false }), TARGET, [], { requires: ['a'] })).toThrow('scope a')
  })

  it('is noted with what it needs and what was granted, also when it is not made', () => {
    const ledger = scopeLedger()
    checkScopes(server({ required: false }), TARGET, ['reports', 'spare'], { ledger })
    checkScopes(PLAIN, TARGET, undefined, { requires: ['unknown'], ledger })
    expect(() => checkScopes(PLAIN, TARGET, ['spare'], { requires: ['admin'], ledger })).toThrow('admin')
    expect(ledger.report()).toEqual({
      used: ['reports'],
      unused: ['spare'],
      missing: ['admin', 'unknown'],
    })
  })
})
