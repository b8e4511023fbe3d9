import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROVEN_FEATURES, PROVEN_GRANTS } from '../src/proof-page.ts'

function source(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}

describe('the page of proofs', () => {
  it.each(PROVEN_GRANTS)('names a test that there is for $grant, and those it is not made with', proven => {
    const methods =
      proven.without === undefined ? '(METHODS)' : "(METHODS.filter(method => method !== 'none'))"
    const head = `describe.each${methods}('${proven.grant} with %s', method => {\n  it('${proven.title}'`
    expect(source('grants.test.ts')).toContain(head)
    expect(proven.without ?? ['none']).toEqual(['none'])
  })

  it.each(PROVEN_FEATURES)('names a test that there is for $feature', ({ file, suite, title }) => {
    const text = source(file)
    const suiteAt = text.indexOf(`describe('${suite}', () => {`)
    const titleAt = [`'${title}'`, `\`${title}\``]
      .map(each => text.indexOf(each, suiteAt))
      .find(at => at >= 0)
    expect(suiteAt).toBeGreaterThanOrEqual(0)
    expect(titleAt).toBeGreaterThan(suiteAt)
    expect(text.slice(suiteAt + 1, titleAt)).not.toMatch(/^describe\(/m)
  })
})
