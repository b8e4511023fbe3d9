import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evergrant } from './support/command-line.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-usage-'))
})
afterEach(() => rm(folder, { recursive: true }))

const outcomeOf = async (...args: string[]) => {
  const { code, stderr } = await evergrant(args, { env: { HOME: folder } })
  return [code, stderr]
}

describe('wrong usage is', () => {
  it('a store that is none, to seal anew: there is nothing, and none is made', async () => {
    const ring = join(folder, 'ring')
    await evergrant(['keygen', ring])
    const [missing, kept] = [join(folder, 'stoer'), join(folder, 'store')]
    const complaint = expect.stringContaining(`there is no store at ${missing}`)
    expect(await outcomeOf('rekey', '--keyring', ring, '--store', missing)).toEqual([2, complaint])
    await expect(stat(missing)).rejects.toThrow('ENOENT')
    expect((await outcomeOf('rekey', '--keyring', ring))[0]).toBe(2)
    await mkdir(kept, { mode: 0o700 })
    expect((await outcomeOf('rekey', '--keyring', ring, '--store', kept))[0]).toBe(0)
  })

  it('a place for the key of an agent where nobody can make a folder', async () => {
    const args = ['agent', '--sandbox', '--socket', join(folder, 'a.sock'), '--port', '0']
    const outcome = await outcomeOf(...args, '--key-file', '/proc/evergrant/x/key')
    expect(outcome).toEqual([2, expect.stringContaining('/proc/evergrant/x/key cannot be written (ENOENT)')])
  })

  it('a method that is none, or not for an API', async () => {
    const url = 'https://aip.baidubce.com/x'
    for (const method of ['GE T', '', 'CONNECT', 'trace', 'GET\r\nX: y']) {
      const outcome = await outcomeOf('call', '--sandbox', url, '-X', method)
      expect(outcome).toEqual([2, expect.stringContaining('It must be a method for an API')])
    }
  })

  it('to sign in where nobody can, which is told of with where it can be done', async () => {
    const [code, stderr] = await outcomeOf('login', '--provider', 'wechat')
    expect([code, stderr]).toEqual([2, expect.stringContaining('nobody can sign in at "wechat"')])
    expect(stderr).toContain('--provider takes baidu; any other server is named with --issuer <url>')
  })
})

it.each([
  ['logout', false],
  ['rekey', false],
  ['keygen', false],
  ['bundle create', true],
  ['bundle import', true],
])('the help of %s says whether --yes keeps it from asking', async (command, asks) => {
  const { stdout } = await evergrant([...command.split(' '), '--help'], { env: {} })
  const [, said] = /--yes\s+(.*(?:\n {20,}.*)*)/.exec(stdout) ?? []
  expect(said?.replaceAll(/\s+/g, ' ')).toBe(
    asks ? 'do it without asking: for scripts' : 'without effect: this command asks for a code at most',
  )
})
