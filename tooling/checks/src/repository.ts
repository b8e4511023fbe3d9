import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly license?: string
  readonly type?: string
  readonly description?: string
  readonly engines?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly publishConfig?: { readonly access?: string; readonly exports?: unknown }
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package of the workspace. */
export interface WorkspacePackage {
  readonly folder: string
  /** `packages/core` */
  readonly path: string
  readonly manifest: Manifest
}

/** All packages under `packages`, `apps` and `tooling`. */
export function workspacePackages(): readonly WorkspacePackage[] {
  return ['packages', 'apps', 'tooling'].flatMap(area =>
    readdirSync(join(ROOT, area))
      .filter(name => existsSync(join(ROOT, area, name, 'package.json')))
      .map(name => {
        const path = `${area}/${name}`
        const folder = join(ROOT, path)
        return {
          folder,
          path,
          manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest,
        }
      }),
  )
}

/** Those that are published. */
export function publishedPackages(): readonly WorkspacePackage[] {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true)
}

/** Every file of the repository that git tracks or would track, relative to its top. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return listed.split('\0').filter(file => file !== '' && existsSync(join(ROOT, file)))
}

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}
