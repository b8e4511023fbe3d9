import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publishedPackages, type WorkspacePackage } from './repository.ts'

const exec = promisify(execFile)

/** Packages as they would be published, by name: the path of each tarball. */
export type Tarballs = ReadonlyMap<string, string>

/** Packs all published packages into a folder. They must have been built. */
export async function packAll(folder: string): Promise<Tarballs> {
  const tarballs = new Map<string, string>()
  for (const { manifest, folder: cwd } of publishedPackages()) {
    const destination = join(folder, manifest.name.replace('/', '-'))
    await mkdir(destination, { recursive: true })
    await exec('pnpm', ['pack', '--pack-destination', destination], { cwd })
    const [tarball] = await readdir(destination)
    if (tarball === undefined) throw new Error(`${manifest.name} was not packed`)
    tarballs.set(manifest.name, join(destination, tarball))
  }
  return tarballs
}

/**
 * Installs one packed package into an empty folder, as a user would: with npm, alone but for the packages of
 * ours that it depends on, which no registry has yet.
 */
export async function install(
  subject: WorkspacePackage,
  tarballs: Tarballs,
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const specs = (names: readonly string[]) =>
    Object.fromEntries(names.map(name => [name, `file:${tarballs.get(name)}`]))
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...specs([subject.manifest.name]), ...more },
    overrides: specs(ourDependencies(subject)),
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await exec(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'],
    {
      cwd: folder,
    },
  )
}

/** The packages of ours that a package needs, and those that these need. */
function ourDependencies({ manifest }: WorkspacePackage): readonly string[] {
  const all = publishedPackages()
  const needed = new Set<string>()
  const visit = (dependencies: Readonly<Record<string, string>> = {}): void => {
    for (const name of Object.keys(dependencies)) {
      const found = all.find(each => each.manifest.name === name)
      if (found === undefined || needed.has(name)) continue
      needed.add(name)
      visit(found.manifest.dependencies)
    }
  }
  visit(manifest.dependencies)
  return [...needed]
}

/** The path of a Node.js of this major version, fetched if need be. */
export async function nodeOf(major: number): Promise<string> {
  const args = ['-y', '-p', `node@${major}`, 'node', '-p', 'process.execPath']
  const { stdout } = await exec('npx', args, { env: { ...process.env, npm_config_loglevel: 'error' } })
  return stdout.trim()
}

/** Runs a program and returns what it printed on standard output. */
export async function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await exec(program, args, { cwd })
  return stdout
}
