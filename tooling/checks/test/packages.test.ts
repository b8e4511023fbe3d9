import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishedPackages, workspacePackages } from '../src/repository.ts'
import { install, nodeOf, output, packAll, type Tarballs } from '../src/tarballs.ts'

const PUBLISHED = publishedPackages()
const LIBRARIES = PUBLISHED.filter(({ path }) => path.startsWith('packages/'))
const NODES = [20, 22, 24, 26]
/** undici 8 needs Node 22.19; the version for Node 20 is 7. */
const UNDICI_8 = { undici: '^8.0.0' }
const UNDICI_7 = { undici: '^7.16.0' }

let folder: string
let tarballs: Tarballs
const nodes = new Map<number, string>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-packages-'))
  tarballs = await packAll(folder)
  for (const major of NODES) nodes.set(major, await nodeOf(major, folder))
})
afterAll(() => rm(folder, { recursive: true }))

describe.each(PUBLISHED.map(each => [each.manifest.name, each] as const))('%s', (name, subject) => {
  const { manifest } = subject

  it('says what it is, under which licence, and where it runs', () => {
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      type: 'module',
      engines: { node: '>=20.19' },
      publishConfig: { access: 'public' },
      description: expect.stringMatching(/.{20}/),
    })
    expect(existsSync(join(subject.folder, 'README.md'))).toBe(true)
  })

  it('has nothing that publint objects to', async () => {
    const data = await readFile(tarballs.get(name) ?? '')
    const { messages, pkg } = await publint({ pack: { tarball: data.buffer as ArrayBuffer }, strict: true })
    expect(messages.map(message => formatMessage(message, pkg))).toEqual([])
  })

  it('carries what it needs and nothing that only we need', async () => {
    const files = (await output('tar', ['-tzf', tarballs.get(name) ?? ''], folder)).trim().split('\n')
    const odd = files.filter(
      file => !/^package\/(dist\/|src\/|package\.json|README\.md|CHANGELOG\.md|LICENSE)/.test(file),
    )
    expect(odd).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining([
        'package/LICENSE',
        'package/README.md',
        expect.stringMatching(/^package.dist./),
      ]),
    )
    const packed = JSON.parse(
      await output('tar', ['-xzOf', tarballs.get(name) ?? '', 'package/package.json'], folder),
    )
    expect(JSON.stringify([packed.exports, packed.dependencies])).not.toMatch(
      /evergrant-source|workspace:|catalog:/,
    )
  })
})

describe.each(LIBRARIES.map(each => [each.manifest.name, each] as const))('%s', (name, subject) => {
  it('has types that resolve wherever ES modules do', async () => {
    const result = await checkPackage(createPackageFromTarballData(await readFile(tarballs.get(name) ?? '')))
    if (!result.types) throw new Error('it has no types')
    // ES modules only, and subpaths by `exports` only: what older ways of resolving cannot see is no mistake.
    const problems = result.problems.filter(problem => {
      const kind = 'resolutionKind' in problem ? problem.resolutionKind : undefined
      return problem.kind !== 'CJSResolvesToESM' && kind !== 'node10'
    })
    expect(problems).toEqual([])
  })

  it('installs alone into an empty folder, and is imported by every supported Node', async () => {
    const home = join(folder, 'alone', name)
    await install(subject, tarballs, home, 'pnpm', name === '@evergrant/transport-undici' ? UNDICI_7 : {})
    const entries = Object.keys(subject.manifest.exports ?? {}).map(entry => name + entry.slice(1))
    for (const [major, node] of nodes) {
      for (const entry of entries) {
        const script = `import(${JSON.stringify(entry)}).then(module => console.log(Object.keys(module).length))`
        expect([major, Number(await output(node, ['-e', script], home)) > 0]).toEqual([major, true])
      }
    }
  })

  it('has declarations whose maps lead to its sources', async () => {
    const home = join(folder, 'alone', name, 'node_modules', name, 'dist')
    const map = JSON.parse(await readFile(join(home, 'index.d.ts.map'), 'utf8')) as { sources: string[] }
    expect(map.sources.length).toBeGreaterThan(0)
    for (const source of map.sources) expect([source, existsSync(join(home, source))]).toEqual([source, true])
  })
})

describe('the packed packages together', () => {
  it('obtain a token from the sandbox by the command line, on every supported Node', async () => {
    const cli = PUBLISHED.find(({ manifest }) => manifest.name === '@evergrant/cli')
    if (cli === undefined) throw new Error('there is no command line')
    const home = join(folder, 'cli')
    await install(cli, tarballs, home, 'npm')
    const program = join(home, 'node_modules', '@evergrant', 'cli', 'dist', 'main.js')
    for (const [major, node] of nodes) {
      const token = await output(node, [program, 'token', '--sandbox'], home)
      expect([major, token]).toEqual([major, expect.stringMatching(/^24\./)])
    }
  })

  it('send their requests over undici 8 where Node allows it', async () => {
    const transport = LIBRARIES.find(({ manifest }) => manifest.name === '@evergrant/transport-undici')
    if (transport === undefined) throw new Error('there is no transport')
    const home = join(folder, 'undici-8')
    await install(transport, tarballs, home, 'pnpm', UNDICI_8)
    const script =
      "import('@evergrant/transport-undici').then(({ undiciTransport }) => console.log(typeof undiciTransport().send))"
    for (const [major, node] of nodes) {
      if (major > 20) expect([major, await output(node, ['-e', script], home)]).toEqual([major, 'function\n'])
    }
  })
})

describe('the workspace', () => {
  it('gives every package a name under which a newcomer finds it', () => {
    for (const { path, manifest } of workspacePackages()) {
      const [area, name] = path.split('/')
      const expected = area === 'tooling' ? `@evergrant/tooling-${name}` : `@evergrant/${name}`
      expect([path, manifest.name]).toEqual([path, expected])
    }
  })
})
