export { default } from '../../tooling/vitest/library.ts'
