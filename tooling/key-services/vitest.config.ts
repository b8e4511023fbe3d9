export { default } from '../vitest/library.ts'
