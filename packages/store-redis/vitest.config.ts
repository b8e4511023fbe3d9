import { mergeConfig } from 'vitest/config'
import library from '../../tooling/vitest/library.ts'

// Most of these tests wait for a server most of the time.
export default mergeConfig(library, { test: { maxWorkers: 5, hookTimeout: 60_000 } })
