import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Secret } from '@evergrant/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandSecret } from '../../src/node/index.ts'
import { failureOf } from '../support/rig.ts'

const node = process.execPath
const print = (text: string) => ['-e', `process.stdout.write(${JSON.stringify(text)})`]

describe('a secret from a command', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evergrant-command-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A command that prints what a file says, and counts how often it was run. */
  async function counter(
    options = {},
  ): Promise<{ secret: Secret; path: string; runs: () => Promise<number> }> {
    const [path, log] = [join(folder, 'text'), join(folder, 'log')]
    await writeFile(log, '')
    const script = `const fs = require('node:fs'); fs.appendFileSync(${JSON.stringify(log)}, 'x')
      process.stdout.write(fs.readFileSync(${JSON.stringify(path)}, 'utf8'))`
    const secret = commandSecret(node, ['-e', script], options)
    return { secret, path, runs: async () => (await readFile(log, 'utf8')).length }
  }

  it('is what it prints, without the line break at its end, and is run once', async () => {
    const { secret, path, runs } = await counter()
    await writeFile(path, 's3cret\n')
    expect(await Promise.all([secret.read(), secret.read()])).toEqual(['s3cret', 's3cret'])
    expect(await secret.read()).toBe('s3cret')
    expect(await runs()).toBe(1)
    expect([`${secret}`, inspect(secret, { showHidden: true, depth: 9 })]).toEqual([
      '‹redacted›',
      '‹redacted›',
    ])
  })

  it('is run anew when it is told that the last one was refused', async () => {
    const { secret, path, runs } = await counter()
    await writeFile(path, 'old')
    await secret.read()
    await writeFile(path, 'new')
    expect(await secret.read()).toBe('old')
    secret.forget?.()
    expect([await secret.read(), await runs()]).toEqual(['new', 2])
  })

  it('is run anew after a while, and the last output is used on when it fails then', async () => {
    const { secret, path } = await counter({ freshForMs: 0 })
    await writeFile(path, 'old')
    expect(await secret.read()).toBe('old')
    await writeFile(path, 'new')
    expect(await secret.read()).toBe('new')
    await rm(path)
    expect(await secret.read()).toBe('new')
    secret.forget?.()
    expect(await failureOf(Promise.resolve(secret.read()))).toMatchObject({ code: 'secret_unavailable' })
  })

  it.each([
    ['that is missing', 'no-such-command-here', [], 'cannot be run (ENOENT)'],
    ['that fails', node, ['-e', 'console.log("s3cret"); process.exit(3)'], 'exit code 3'],
    ['that prints nothing', node, print(' \n'), 'printed nothing'],
    [
      'that prints too much',
      node,
      ['-e', 'process.stdout.write("s3cret".repeat(20_000))'],
      'more than a secret',
    ],
    ['that is killed', node, ['-e', 'process.kill(process.pid, "SIGTERM")'], 'ended by SIGTERM'],
  ] as const)(
    '%s is unavailable, and the error shows neither arguments nor output',
    async (_, command, args, words) => {
      const secret = commandSecret(command, [...args, 's3cret-argument'])
      const failure = await failureOf(Promise.resolve(secret.read()))
      expect(failure).toMatchObject({ kind: 'configure', code: 'secret_unavailable' })
      expect(inspect(failure, { depth: 9 })).toContain(words)
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('s3cret')
    },
  )

  it('that hangs is killed when its time is up', async () => {
    const secret = commandSecret(node, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 500 })
    expect(await failureOf(Promise.resolve(secret.read()))).toMatchObject({
      message: expect.stringContaining('took too long'),
    })
  })

  it('is given no shell, no input, and the variables that are named', async () => {
    const script = `process.stdin.resume().on('end', () => process.stdout.write(process.argv[1] + process.env.EXTRA))`
    const secret = commandSecret(node, ['-e', script, '$(id);`id`'], { env: { EXTRA: '!' } })
    expect(await secret.read()).toBe('$(id);`id`!')
    const path = join(folder, 'script')
    await writeFile(path, `#!${node}\nprocess.stdout.write('from a script')`)
    await chmod(path, 0o700)
    expect(await commandSecret(path).read()).toBe('from a script')
  })

  it('refuses spans that are none', () => {
    expect(() => commandSecret('x', [], { timeoutMs: 1 })).toThrow('timeoutMs is 1')
    expect(() => commandSecret('x', [], { freshForMs: -1 })).toThrow('freshForMs is -1')
  })
})
