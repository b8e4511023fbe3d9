/** How often a condition is looked at, in ms. */
const LOOK_MS = 10

/**
 * Asks until the answer is anything but `undefined` or `false`, and returns it. An attempt that rejects counts
 * as "not yet". Rejects after `withinMs`, with what was waited for and the last reason.
 */
export async function eventually<Answer>(
  what: string,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
  withinMs = 20_000,
): Promise<Answer> {
  const giveUpAt = performance.now() + withinMs
  for (let reason: unknown; ; ) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      reason = error
    }
    if (performance.now() > giveUpAt) {
      throw new Error(`Waited ${withinMs} ms in vain: ${what}.`, { cause: reason })
    }
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}
