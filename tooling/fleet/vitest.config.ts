import { mergeConfig } from 'vitest/config'
import library from '../vitest/library.ts'

// Each test has a fleet of its own; two fleets at once would only wait for each other.
export default mergeConfig(library, {
  test: { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
})
