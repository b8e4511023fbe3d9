import { inspect } from 'node:util'

/** Everything that an error, or another value, tells when it is printed in one of the usual ways. */
export function told(value: unknown): string {
  const parts = [inspect(value, { depth: 8, showHidden: true, breakLength: Number.POSITIVE_INFINITY })]
  if (value instanceof Error) parts.push(value.message, String(value.stack), String(value))
  if (typeof value === 'object' && value !== null) parts.push(...Object.values(value).map(String))
  parts.push(String(jsonOf(value)))
  return parts.join('\n')
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
