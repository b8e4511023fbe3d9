import { defineConfig, mergeConfig } from 'vitest/config'
import library from '../../tooling/vitest/library.ts'

const ioredis5 = [{ find: /^ioredis$/, replacement: 'ioredis-5' }]

/** What hardly depends on the client, and runs over its newer major only. */
const OF_ANY_CLIENT = ['budget', 'options', 'process-life', 'record', 'secrets', 'sealed'].map(
  name => `test/${name}.test.ts`,
)

export default mergeConfig(
  library,
  defineConfig({
    test: {
      // Most of these tests wait for a server most of the time.
      maxWorkers: 6,
      hookTimeout: 60_000,
      projects: [
        { extends: true, test: { name: 'ioredis 6', provide: { major: 6 } } },
        {
          extends: true,
          resolve: { alias: ioredis5 },
          test: { name: 'ioredis 5', exclude: OF_ANY_CLIENT, provide: { major: 5 } },
        },
      ],
    },
  }),
)
