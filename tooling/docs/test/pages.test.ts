import { readFileSync } from 'node:fs'
import { EVENT_GUIDE } from '@evergrant/core/guides'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, anyAction, Fleet } from '../../../packages/core/test/support/fleet.ts'
import { USER, world } from '../../../packages/core/test/support/session.ts'
import { proofPage } from '../../authorization-servers/src/proof-page.ts'
import { baiduErrorPage, errorPage } from '../src/error-pages.ts'
import { eventPage } from '../src/event-page.ts'
import { type Edge, machinePage } from '../src/machine-page.ts'
import { policyPage } from '../src/policy-page.ts'
import { PROVEN_PROVIDERS, providerPage } from '../src/provider-page.ts'

const HISTORIES = 400

const flush = fc.constant<Action>({ do: 'flush' })
const command = fc.record({ do: fc.constantFrom('signIn' as const, 'drop' as const), who: fc.nat(2) })

/** Random histories, the same in every run: everything that can happen, and now and then something more. */
function histories(more: fc.Arbitrary<Action>): Action[][] {
  const each = fc.oneof({ weight: 8, arbitrary: anyAction }, { weight: 1, arbitrary: more })
  return fc.sample(fc.array(each, { minLength: 60, maxLength: 120, size: 'max' }), {
    numRuns: HISTORIES,
    seed: 1,
  })
}

/** Every step that the sessions of random fleets take. */
function exploredEdges(): readonly Edge[] {
  const fleets = [
    ...histories(flush).map(
      (actions, i) =>
        [new Fleet({ keepWarm: i % 2 === 0, leaseUnseen: i % 4 > 1 }, world()), actions] as const,
    ),
    ...histories(command).map(actions => [new Fleet({ identity: USER }, world()), actions] as const),
  ]
  const edges = new Set<string>()
  for (const [fleet, actions] of fleets) {
    for (const action of actions) fleet.apply(action)
    for (const session of fleet.sessions) for (const edge of session.edges) edges.add(edge)
  }
  return [...edges].map(text => {
    const [from, event, to] = text.split(' ')
    return { from, event, to } as Edge
  })
}

describe('the generated documentation is up to date:', () => {
  it('the grant machine, in every cell of which something was seen to happen', async () => {
    const text = machinePage(exploredEdges())
    expect(text.split('\n').filter(line => line.includes('→ ?'))).toEqual([])
    await expect(text).toMatchFileSnapshot('../../../docs/machine.md')
  })

  it('the errors', async () => {
    await expect(errorPage()).toMatchFileSnapshot('../../../docs/errors.md')
  })

  it('the events, each of which stands on the page once', async () => {
    const text = eventPage()
    for (const type of Object.keys(EVENT_GUIDE)) expect(text.split(`| \`${type}\` |`)).toHaveLength(2)
    expect(text).not.toMatch(/\|\s*\|\n/)
    await expect(text).toMatchFileSnapshot('../../../docs/events.md')
  })

  it('the error codes of Baidu', async () => {
    await expect(baiduErrorPage()).toMatchFileSnapshot('../../../docs/baidu-errors.md')
  })

  it('the providers, each with a test that there is', async () => {
    const proofs = PROVEN_PROVIDERS.flatMap(each => each.proofs)
    const missing = proofs.filter(({ file, title }) => {
      const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
      return title === '' || ![`'${title}'`, `"${title}"`].some(text => source.includes(text))
    })
    expect(missing).toEqual([])
    expect(PROVEN_PROVIDERS.filter(each => each.proofs.length === 0)).toEqual([])
    await expect(providerPage()).toMatchFileSnapshot('../../../docs/providers.md')
  })

  it('what is proven against a standard server', async () => {
    await expect(proofPage()).toMatchFileSnapshot('../../../docs/standard-servers.md')
  })

  it('the policy, of which every number is explained', async () => {
    const text = policyPage()
    expect(text).not.toMatch(/\|\s*\|\n/)
    await expect(text).toMatchFileSnapshot('../../../docs/policy.md')
  })
})
