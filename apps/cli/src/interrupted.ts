/** Resolves when the person, or whoever runs this process, has it end. */
export function interrupted(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
