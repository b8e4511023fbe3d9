import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { LIBRARIES, type LibraryName } from './library.ts'

const BUILT = fileURLToPath(new URL('../dist/programs/', import.meta.url))

/** The source of a library's program. */
export function sourceOf(library: LibraryName): string {
  return fileURLToPath(new URL(`libraries/${library}.ts`, import.meta.url))
}

/**
 * Writes the programs as JavaScript, with all imports of packages as they are, so that importing one costs what
 * its library costs and no translation of types. Returns their paths, and that of a program that does nothing.
 */
export async function buildPrograms(): Promise<Readonly<Record<LibraryName | 'empty', string>>> {
  await mkdir(BUILT, { recursive: true })
  const pathOf = (name: string) => `${BUILT}${name}.js`
  for (const library of LIBRARIES) {
    const bundle = await rolldown({ input: sourceOf(library), external: /^[^./]/, logLevel: 'silent' })
    await bundle.write({ file: pathOf(library), format: 'esm' })
    await bundle.close()
  }
  await writeFile(pathOf('empty'), 'export {}\n')
  return Object.fromEntries([...LIBRARIES, 'empty'].map(name => [name, pathOf(name)])) as Record<
    LibraryName | 'empty',
    string
  >
}
