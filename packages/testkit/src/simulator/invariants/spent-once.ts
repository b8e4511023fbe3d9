import type { Exchange } from '../exchange.ts'
import type { Watcher, World } from '../world.ts'

/** How much longer than its replay window a program may think that it lasts, in ms: round trips of the store. */
const MISJUDGED_MS = 5_000

/** A presentation, and how many records had been lost when its lease was taken. */
interface Presentation {
  readonly exchange: Exchange
  readonly losses: number
}

/**
 * P3 and S5: a refresh token is presented by one process, under a lease that says so, and once; again only after
 * proof that the server has not taken it, or within the window in which the server tolerates it.
 */
export function spentOnce(world: World): Watcher {
  const presentations = new Map<string, Presentation[]>()
  return {
    'request.sent'({ exchange }) {
      const { process, grant, refreshToken, sentAt } = exchange
      if (refreshToken === undefined) return
      const { tenures } = grant.history
      const tenure = tenures.get(process)
      const fits = tenure?.refreshToken === refreshToken || tenure?.refreshToken === undefined
      if (tenure === undefined || !fits || (grant.spends && tenure.spentAt === undefined)) {
        world.fail('P3', `${process.name} presented ${refreshToken} without having stored the intent to`)
      }
      if (!grant.spends) return
      const earlier = presentations.get(refreshToken) ?? []
      // An answer that brings no new refresh token proves that the old one is in use, whatever was feared before.
      const proof = earlier.findLastIndex(({ exchange }) => exchange.end === 'won' && !isSpent(exchange))
      const spent = earlier.slice(proof + 1).find(({ exchange }) => isSpent(exchange))
      const replayMs = grant.numbers.replayWindowMs
      const losses = tenure?.losses ?? 0
      // What a lost record said of earlier presentations cannot be known, nor what came after to one that was lost.
      if (spent?.losses === losses && earlier[0]?.losses === losses) {
        const sinceMs = sentAt - spent.exchange.sentAt
        if (replayMs === 0 || sinceMs > replayMs + MISJUDGED_MS) {
          const { number, end } = spent.exchange
          world.fail(
            'S5',
            `${refreshToken} is presented again, ${sinceMs} ms after request ${number} (${end})`,
          )
        }
      }
      presentations.set(refreshToken, [...earlier, { exchange, losses }])
    },
  }
}

/** Whether the client must assume that the server has used up what was presented. */
function isSpent({ end, issue }: Exchange): boolean {
  return end === 'unknown' || end === 'open' || (end === 'won' && issue?.refreshToken !== undefined)
}
