import { resolve } from 'node:path'
import { defineConfig, type Rolldown, type UserConfig } from 'tsdown'

/** Writes what is not ASCII as escapes: an engine keeps a file of ASCII in half the memory, and reads it in less time. */
const ascii: Rolldown.Plugin = {
  name: 'ascii',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'chunk' && file.fileName.endsWith('.js')) file.code = escaped(file.code)
    }
  },
}

function escaped(code: string): string {
  return code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const shared: UserConfig = {
  format: 'esm',
  target: 'node20.19',
  outDir: 'dist',
  clean: true,
  fixedExtension: false,
  sourcemap: true,
  logLevel: 'warn',
  plugins: [ascii],
  inputOptions: { preserveEntrySignatures: 'allow-extension', external: /^node:/ },
  // Declarations carry the documentation; at run time it would only be read and skipped.
  outputOptions: { comments: { jsdoc: false } },
}

/** How every published library is built: one ES module per entry, declarations with maps. */
export function library(entry: Record<string, string> = { index: 'src/index.ts' }): UserConfig {
  return defineConfig({
    ...shared,
    entry,
    platform: 'neutral',
    plugins: [ascii, throughMain(entry)],
    // Each file alone: exports say their types, and no build waits for a type check of its whole tree.
    dts: { sourcemap: true, generator: 'oxc' },
  }) as UserConfig
}

/**
 * Lets every entry load the main one, in which there is then all that they share. Else it would be several files, each of
 * which has to be resolved and read when imported, and bound to the others name by name.
 */
function throughMain(entry: Record<string, string>): Rolldown.Plugin {
  const main = resolve(entry.index ?? '')
  const entries = Object.values(entry).map(path => resolve(path))
  return {
    name: 'through-main',
    transform: {
      order: 'post',
      handler: (code, id) =>
        id !== main && entries.includes(id) ? `import ${JSON.stringify(main)};${code}` : null,
    },
  }
}

/** How a program is built: like a library, without declarations. */
export function program(entry: Record<string, string>): UserConfig {
  return defineConfig({ ...shared, entry, platform: 'node', dts: false }) as UserConfig
}
