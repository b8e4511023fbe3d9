import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const conditions = ['evergrant-source']

/** How every package of the workspace is tested: against the sources, seeded, without globals, without retries. */
const library: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: [fileURLToPath(new URL('./setup.ts', import.meta.url))],
    environment: 'node',
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    // A worker serves many files: starting one for each takes longer than most of them.
    isolate: false,
    testTimeout: 60_000,
  },
})
export default library
