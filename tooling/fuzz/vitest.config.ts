import { mergeConfig } from 'vitest/config'
import library from '../vitest/library.ts'
import { RUNS } from './src/runs.ts'

// A minute for a hundred thousand answers, and more for more.
export default mergeConfig(library, { test: { testTimeout: 60_000 + RUNS } })
