/** One operation on one key, with the moments at which it was asked for and answered. Values are never used twice. */
export interface Operation {
  readonly actor: string
  readonly askedAt: number
  /** Absent for an operation that failed or whose process died: it may have been done, at any time since. */
  readonly answeredAt?: number
  readonly action: Action
  /** What was answered; absent where there was no answer. */
  readonly answer?: Answer
}

export type Action =
  | { readonly type: 'read' }
  /** `to` absent: delete. `expected` absent: must not exist. */
  | { readonly type: 'write'; readonly expected: string | undefined; readonly to: string | undefined }

/** `found`: the value that a read, or a refusal, has shown. */
export type Answer =
  | { readonly written: true }
  | { readonly written: false; readonly found: string | undefined }

/**
 * Whether the operations could have been done one after another, each at some moment between being asked for
 * and being answered, by a register with compare-and-swap.
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const failed = new Set<string>()

  function search(left: readonly Operation[], value: string | undefined): boolean {
    if (left.every(({ answeredAt }) => answeredAt === undefined)) return true
    const position = `${left.map(each => operations.indexOf(each)).join()}=${value}`
    if (failed.has(position)) return false
    // Nothing can come before what was answered before it was asked for.
    const firstAnswer = Math.min(...left.map(({ answeredAt = Number.POSITIVE_INFINITY }) => answeredAt))
    for (const next of left.filter(({ askedAt }) => askedAt <= firstAnswer)) {
      const after = apply(next, value)
      if (
        after !== undefined &&
        search(
          left.filter(each => each !== next),
          after.value,
        )
      )
        return true
    }
    failed.add(position)
    return false
  }

  return search(operations, undefined)
}

/** What the register holds after an operation; `undefined` when it could not have been answered as it was. */
function apply(
  { action, answer }: Operation,
  value: string | undefined,
): { readonly value: string | undefined } | undefined {
  if (answer?.written === false) {
    const refusable = action.type === 'read' || action.expected !== value
    return refusable && answer.found === value ? { value } : undefined
  }
  if (action.type === 'read') return { value }
  if (action.expected === value) return { value: action.to }
  return answer === undefined ? { value } : undefined
}
