import { mergeConfig } from 'vitest/config'
import library from '../vitest/library.ts'

/** Each file by itself: some let hours pass, for the servers and everything else in their process. */
export default mergeConfig(library, { test: { isolate: true } })
