import { cruise, type IReporterOutput } from 'dependency-cruiser'
import { describe, expect, it } from 'vitest'
import { ROOT, workspacePackages } from '../src/repository.ts'

interface Dependency {
  readonly resolved: string
  readonly module: string
  readonly dependencyTypes: readonly string[]
  readonly coreModule: boolean
}

interface Module {
  readonly source: string
  readonly dependencies: readonly Dependency[]
}

/** Whom the sources of a package may import, besides themselves: a package of ours, `node:`, or one of npm. */
const ALLOWED: Readonly<
  Record<
    string,
    { readonly ours: readonly string[]; readonly node: boolean; readonly npm: readonly string[] }
  >
> = {
  'packages/core': { ours: [], node: false, npm: [] },
  'packages/runtime': { ours: ['core'], node: false, npm: [] },
  'packages/agent': { ours: ['allow-list', 'core'], node: true, npm: [] },
  'packages/allow-list': { ours: ['core'], node: true, npm: [] },
  'packages/bundle': { ours: ['core'], node: true, npm: ['jose'] },
  'packages/jose': { ours: ['core'], node: false, npm: ['jose'] },
  'packages/keychain': { ours: ['core'], node: false, npm: ['@napi-rs/keyring'] },
  'packages/kms': { ours: ['core'], node: false, npm: [] },
  'packages/store-memory': { ours: ['core'], node: false, npm: ['lru-cache'] },
  'packages/store-file': { ours: ['core'], node: true, npm: [] },
  'packages/store-layers': { ours: ['core'], node: false, npm: [] },
  'packages/store-redis': { ours: ['core'], node: true, npm: ['ioredis'] },
  'packages/store-conformance': { ours: ['core'], node: false, npm: [] },
  'packages/transport-undici': { ours: ['core'], node: true, npm: ['undici'] },
  'packages/call-limiter': { ours: ['core'], node: false, npm: ['ioredis', 'rate-limiter-flexible'] },
  'packages/audit': { ours: ['core'], node: true, npm: [] },
  'packages/otel': { ours: ['core'], node: false, npm: ['@opentelemetry/api'] },
  'packages/provider-baidu': { ours: ['core'], node: false, npm: [] },
  'packages/provider-platforms': { ours: ['core'], node: false, npm: [] },
  'packages/testkit': { ours: ['allow-list', 'core'], node: true, npm: [] },
}

/**
 * In the simulator everybody tells the world what happens, and what happens names everybody: types alone may go in
 * circles there, of which nothing is left when it runs.
 */
function mayNameEachOther(source: string): boolean {
  return source.startsWith('packages/testkit/src/simulator/')
}

/** Folders whose sources may use `node:` though their package may not: subpaths of their own. */
const NODE_SUBPATHS = ['packages/runtime/src/node/']

async function modules(): Promise<readonly Module[]> {
  const { output } = (await cruise(
    ['packages', 'apps'],
    {
      baseDir: ROOT,
      includeOnly: { path: '^(packages|apps)/[^/]+/src/|^node:|^[a-z]+$|node_modules' },
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '^(packages|apps)/[^/]+/(dist|test)/' },
      tsPreCompilationDeps: true,
      enhancedResolveOptions: {
        conditionNames: ['evergrant-source', 'import', 'default', 'types'],
        exportsFields: ['exports'],
      },
    },
    {},
  )) as IReporterOutput & { output: { modules: readonly Module[] } }
  return output.modules.filter(({ source }) => /^(packages|apps)\/[^/]+\/src\//.test(source))
}

function packageOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

/** What an import is about: one of our packages by its short name, `node:x`, or a package of npm. */
function targetOf({ resolved, module, coreModule }: Dependency): {
  ours?: string
  node?: string
  npm?: string
} {
  if (coreModule || module.startsWith('node:')) return { node: module }
  if (/^(packages|apps)\//.test(resolved) && !resolved.includes('node_modules'))
    return { ours: packageOf(resolved).split('/')[1] ?? '' }
  const name = module.startsWith('@') ? module.split('/').slice(0, 2).join('/') : (module.split('/')[0] ?? '')
  return name.startsWith('@evergrant/') ? { ours: name.slice('@evergrant/'.length) } : { npm: name }
}

describe('imports point inward', async () => {
  const all = await modules()

  it('is checked on all sources', () => {
    expect(all.length).toBeGreaterThan(90)
    expect(
      all
        .flatMap(({ dependencies }) => dependencies)
        .some(dependency => targetOf(dependency).ours === 'core'),
    ).toBe(true)
  })

  it('every package under packages has its rule', () => {
    const packages = workspacePackages().filter(({ path }) => path.startsWith('packages/'))
    expect(packages.map(({ path }) => path).sort()).toEqual(Object.keys(ALLOWED).sort())
  })

  it.each(Object.entries(ALLOWED))('%s imports only whom it may', (path, allowed) => {
    const violations = all
      .filter(({ source }) => packageOf(source) === path)
      .flatMap(({ source, dependencies }) =>
        dependencies.map(dependency => ({ source, target: targetOf(dependency), dependency })),
      )
      .filter(({ source, target }) => {
        if (target.node !== undefined)
          return !allowed.node && !NODE_SUBPATHS.some(folder => source.startsWith(folder))
        if (target.npm !== undefined) return !allowed.npm.includes(target.npm)
        return target.ours !== path.split('/')[1] && !allowed.ours.includes(target.ours ?? '')
      })
      .map(({ source, dependency }) => `${source} imports ${dependency.module}`)
    expect(violations).toEqual([])
  })

  it('nobody imports an app', () => {
    const violations = all.flatMap(({ source, dependencies }) =>
      dependencies
        .filter(({ resolved }) => resolved.startsWith('apps/') && packageOf(resolved) !== packageOf(source))
        .map(({ module }) => `${source} imports ${module}`),
    )
    expect(violations).toEqual([])
  })

  it('no file imports itself by a detour', async () => {
    const graph = new Map(
      all.map(({ source, dependencies }) => [
        source,
        dependencies
          .filter(
            ({ dependencyTypes }) => !(mayNameEachOther(source) && dependencyTypes.includes('type-only')),
          )
          .map(({ resolved }) => resolved),
      ]),
    )
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
        return
      }
      state.set(file, 'open')
      for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...path, file])
      state.set(file, 'done')
    }
    for (const file of graph.keys()) visit(file, [])
    expect(cycles).toEqual([])
  })

  it('the published dependencies of a package are those that its sources import', () => {
    for (const { path, manifest } of workspacePackages().filter(each => each.path.startsWith('packages/'))) {
      const imported = all
        .filter(({ source }) => packageOf(source) === path)
        .flatMap(({ dependencies }) => dependencies.map(targetOf))
        .flatMap(({ ours, npm }) => (ours === undefined ? (npm ?? []) : `@evergrant/${ours}`))
        .filter(name => name !== manifest.name)
      const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      expect([path, [...new Set(imported)].sort()]).toEqual([path, declared.sort()])
    }
  })
})
