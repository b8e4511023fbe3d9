import { defineConfig, type UserConfig } from 'tsdown'

/** How every published package is built: one ES module per entry, declarations with maps, nothing bundled in. */
export function library(entry: Record<string, string> = { index: 'src/index.ts' }): UserConfig {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'node20.19',
    platform: 'neutral',
    outDir: 'dist',
    clean: true,
    fixedExtension: false,
    dts: { sourcemap: true, tsconfig: 'tsconfig.json' },
    sourcemap: true,
    logLevel: 'warn',
  }) as UserConfig
}
