import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../src/bundle-size.ts'
import { bytesPerCall, nsPerCall } from '../src/call-cost.ts'
import { runNode } from '../src/child-process.ts'
import { coldBurst } from '../src/cold-burst.ts'
import { floor } from '../src/floor.ts'
import { open as openOurs } from '../src/libraries/evergrant.ts'
import { LIBRARIES, loadProgram } from '../src/library.ts'
import { buildPrograms } from '../src/programs.ts'
import { TOKEN_TEXT, type TokenEndpoint, tokenEndpoint } from '../src/token-endpoint.ts'

let endpoint: TokenEndpoint

beforeEach(async () => {
  endpoint = await tokenEndpoint()
})
afterEach(() => endpoint.close())

describe.each(LIBRARIES)('%s', library => {
  it('gets a token with one request, and has it at hand from then on', async () => {
    const { ask, token } = (await loadProgram(library))(endpoint.as(library))
    expect(await token()).toBe(TOKEN_TEXT)
    await ask()
    expect(await token()).toBe(TOKEN_TEXT)
    expect(endpoint.requestsOf(library)).toBe(1)
  })
})

describe('what is measured', () => {
  it('is a token: of the floor in both shapes, and of our current()', async () => {
    expect([floor().current(), await floor().token()]).toEqual(['token', 'token'])
    const ours = openOurs(endpoint.as('ours'))
    expect(ours.current()).toBeUndefined()
    await ours.token()
    expect(ours.current()?.accessToken).toBe(TOKEN_TEXT)
  })

  it('is one token and one request for a burst of callers on a cold key', async () => {
    expect([...(await coldBurst(endpoint.as('cold'), 25))]).toEqual([TOKEN_TEXT])
    expect(endpoint.requestsOf('cold')).toBe(1)
  })

  it('is more for a call that does more', async () => {
    const few = () => ({})
    const many = () => Array.from({ length: 100 }, few)
    expect(await nsPerCall(() => JSON.stringify(process.versions))).toBeGreaterThan(await nsPerCall(() => 1))
    expect(await bytesPerCall(many)).toBeGreaterThan(await bytesPerCall(few))
  })
})

describe('a program', () => {
  it('is written as JavaScript that Node imports by itself, from what was built', async () => {
    const { empty, evergrant } = await buildPrograms()
    const script = `import(${JSON.stringify(evergrant)}).then(({ open }) => console.log(JSON.stringify(typeof open)))`
    expect(await runNode(['--eval', script])).toBe('function')
    expect(await runNode(['--eval', `import(${JSON.stringify(empty)}).then(() => console.log(1))`])).toBe(1)
  })

  it('is bundled whole', async () => {
    const { minifiedBytes, gzipBytes } = await bundle('evergrant')
    expect(minifiedBytes).toBeGreaterThan(gzipBytes)
    expect(gzipBytes).toBeGreaterThan(1_000)
  })
})
