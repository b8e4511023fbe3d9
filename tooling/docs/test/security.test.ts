import { describe, expect, it } from 'vitest'
import { isThere, securityPage } from '../src/security-page.ts'

const { measures, proofs } = securityPage()
const names = new Set(proofs.map(({ name }) => name))

describe('SECURITY.md', () => {
  it('has measures against everybody whom it names', () => {
    expect(measures.length).toBeGreaterThan(40)
  })

  it('has a test behind every row', () => {
    expect(measures.filter(({ tests }) => tests.length === 0)).toEqual([])
    expect(measures.flatMap(({ tests }) => tests).filter(name => !names.has(name))).toEqual([])
  })

  it('names tests that there are, and none that no row is held up by', () => {
    expect(proofs.filter(proof => !isThere(proof))).toEqual([])
    const used = new Set(measures.flatMap(({ tests }) => tests))
    expect(proofs.filter(({ name }) => !used.has(name))).toEqual([])
    expect(names.size).toBe(proofs.length)
  })
})
