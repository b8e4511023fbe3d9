import { mergeConfig } from 'vitest/config'
import library from '../vitest/library.ts'

// Packing, installing and running four versions of Node takes its time.
export default mergeConfig(library, { test: { testTimeout: 300_000, hookTimeout: 300_000 } })
