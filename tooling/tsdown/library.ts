import { defineConfig, type UserConfig } from 'tsdown'

const shared: UserConfig = {
  format: 'esm',
  target: 'node20.19',
  outDir: 'dist',
  clean: true,
  fixedExtension: false,
  sourcemap: true,
  logLevel: 'warn',
  inputOptions: { preserveEntrySignatures: 'allow-extension' },
  // Declarations carry the documentation; at run time it would only be read and skipped.
  outputOptions: { comments: { jsdoc: false } },
}

/** How every published library is built: one ES module per entry, declarations with maps, nothing bundled in. */
export function library(entry: Record<string, string> = { index: 'src/index.ts' }): UserConfig {
  return defineConfig({
    ...shared,
    entry,
    platform: 'neutral',
    // Each file alone: exports say their types, and no build waits for a type check of its whole tree.
    dts: { sourcemap: true, generator: 'oxc' },
  }) as UserConfig
}

/** How a program is built: like a library, without declarations. */
export function program(entry: Record<string, string>): UserConfig {
  return defineConfig({ ...shared, entry, platform: 'node', dts: false }) as UserConfig
}
