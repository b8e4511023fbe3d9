import { mergeConfig } from 'vitest/config'
import library from '../../tooling/vitest/library.ts'

/** Each file by itself: they put different versions of undici in one another's place. */
export default mergeConfig(library, { test: { isolate: true } })
