import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publishedPackages, ROOT, type WorkspacePackage } from './repository.ts'

const exec = promisify(execFile)

/** An installation that takes longer has come to a halt: who waits learns which one, before the test is over. */
const INSTALLATION_MAX_MS = 200_000

/** Packages as they would be published, by name: the path of each tarball. */
export type Tarballs = ReadonlyMap<string, string>

/** Packs all published packages into a folder. They must have been built. */
export async function packAll(folder: string): Promise<Tarballs> {
  const published = publishedPackages()
  const chosen = published.flatMap(({ manifest }) => ['--filter', manifest.name])
  await exec('pnpm', ['-r', ...chosen, 'pack', '--pack-destination', folder], { cwd: ROOT })
  return new Map(
    published.map(({ manifest: { name, version } }) => [
      name,
      join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`),
    ]),
  )
}

/** Who installs: npm, as most users do, or pnpm, which shows a package only what it has said it needs. */
type Installer = 'npm' | 'pnpm'

/**
 * Installs one packed package into an empty folder, as a user would: alone but for the packages of ours that it
 * depends on, which no registry has yet.
 */
export async function install(
  subject: WorkspacePackage,
  tarballs: Tarballs,
  folder: string,
  installer: Installer,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const specs = (names: readonly string[]) =>
    Object.fromEntries(names.map(name => [name, `file:${tarballs.get(name)}`]))
  const overrides = specs(ourDependencies(subject))
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...specs([subject.manifest.name]), ...more },
    overrides,
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  // JSON is YAML, too.
  if (installer === 'pnpm')
    await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }))
  // npm waits five minutes for a request that is stuck, unless it is told to try again sooner.
  const soon = ['--fetch-timeout=20000', '--fetch-retries=4']
  const own = installer === 'npm' ? [...soon, '--no-audit', '--no-fund', '--loglevel=error'] : []
  const args = ['install', '--ignore-scripts', '--prefer-offline', ...own]
  await exec(installer, args, { cwd: folder, timeout: INSTALLATION_MAX_MS })
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

/**
 * The path of a Node.js of this major version, fetched into `folder` if it is not the one that runs. On Linux its
 * program is fetched alone: npm's `node` package would start a second npm to do so.
 */
export async function nodeOf(major: number, folder: string): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  if (process.platform !== 'linux') {
    const args = ['-y', '-p', `node@${major}`, 'node', '-p', 'process.execPath']
    return (await output('npx', args, folder)).trim()
  }
  const home = join(folder, `node-${major}`)
  const name = `node-linux-${process.arch}`
  await mkdir(home)
  await writeFile(join(home, 'package.json'), JSON.stringify({ dependencies: { [name]: `^${major}.0.0` } }))
  await exec('pnpm', ['install', '--ignore-scripts', '--prefer-offline'], { cwd: home })
  return join(home, 'node_modules', name, 'bin', 'node')
}

/** Runs a program and returns what it printed on standard output. */
export async function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await exec(program, args, { cwd })
  return stdout
}
