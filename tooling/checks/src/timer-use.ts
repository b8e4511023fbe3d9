import ts from 'typescript'

const TIMERS = /^(setTimeout|setInterval|waitForTimeout)$/
const WAITS = /^(Atomics\.wait(Async)?|scheduler\.wait)$/

/**
 * What a node has to do with a timer, or `undefined`: it names one of the platform's, under whatever name it is
 * imported, or waits for a time in another way. Deadlines (`AbortSignal.timeout`, the limit of a poll) do not count.
 */
export function timerUse(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && TIMERS.test(node.text)) return `uses ${node.text}`
  if (ts.isPropertyAccessExpression(node) && WAITS.test(node.getText())) return `uses ${node.getText()}`
  if (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === 'scheduler') {
    return 'imports the scheduler'
  }
  return undefined
}
