import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenAgent } from '@evergrant/agent'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readGrantsFile } from '../src/agent/grants-file.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-grants-'))
  file = join(folder, 'grants.json')
})
afterEach(() => rm(folder, { recursive: true }))

/** What is wrong with a file of this text. */
async function complaintOf(text: string): Promise<string> {
  await writeFile(file, text)
  const error: unknown = await readGrantsFile(file).catch(caught => caught)
  return error instanceof Error ? error.message.replaceAll(file, 'FILE') : ''
}

describe('a file of grants is refused, with what is wrong, for', () => {
  it.each([
    ['{"a":{"provider":"baidu","label":true}}', '"label" has to be a text'],
    ['{"a":{"provider":false}}', '"provider" has to be a text'],
    ['{"a":{"sandbox":"yes"}}', '"sandbox" has to be true or false'],
    ['{"a":{"sandbox":1}}', '"sandbox" has to be true or false'],
  ])('a value of another kind: %s', async (text, complaint) => {
    expect(await complaintOf(text)).toBe(`FILE, grant "a": ${complaint}`)
  })

  it('a name that is there twice, of a grant or of an option', async () => {
    expect(await complaintOf('{"a": {"as": "x:{"}, "\\u0061" : {"as": "y"}}')).toBe(
      'FILE, grant "a": this name is there twice',
    )
    expect(await complaintOf('{"a":{"as":"x"},"b":{"as":"x","label":"as","as":"y"}}')).toBe(
      'FILE, grant "b": "as" is there twice',
    )
    expect(await complaintOf('{"a":{"as":"a","label":"\\"a\\":{"},"b":{"as":"a"}}')).toBe('')
  })

  it('a name that the agent does not take', async () => {
    const source = {
      token: () => Promise.reject(new Error('none')),
      reject: () => 0,
      explain: () => undefined,
      on: () => () => 0,
    }
    for (const name of ['', 'a/b', 'é', '.', '..', 'my grant', 'x'.repeat(65), 'x'.repeat(64), 'A.b_c-1']) {
      let takes = true
      try {
        tokenAgent({ grants: { [name]: { source } } })
      } catch {
        takes = false
      }
      const complaint = await complaintOf(JSON.stringify({ [name]: { as: 'me' } }))
      expect([name, complaint === '']).toEqual([name, takes])
      if (!takes) expect(complaint).toContain(`FILE, grant "${name}": a name has 1 to 64 characters`)
    }
  })
})
