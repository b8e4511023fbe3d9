const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Resolves when the person, or whoever runs this process, has it end. A second time ends it at once, as ever. */
export function interrupted(): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      for (const signal of SIGNALS) process.off(signal, end)
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, end)
  })
}
