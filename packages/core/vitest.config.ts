import { mergeConfig } from 'vitest/config'
import library from '../../tooling/vitest/library.ts'

export default mergeConfig(library, {
  test: {
    coverage: {
      include: ['src/grant/**'],
      reporter: ['text-summary'],
      thresholds: { branches: 100 },
    },
  },
})
