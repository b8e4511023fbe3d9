import type { Call } from '../call.ts'
import type { ProgramToken } from '../program.ts'
import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

/** Largest part of a life that the margin before expiry may take; the policy's own number is the other limit. */
const MARGIN_FRACTION = 0.1

/**
 * P1: while a usable token exists, no caller waits.
 *
 * Usable is a token that the program itself says it holds (`current()`), and, whatever the program says, the
 * newest one that the server has issued, if this process was given it, nobody has rejected it, and it has not
 * come within the margin of its expiry by the clock of the process.
 */
export function noWait(world: World): Watcher {
  const given = new PerProcess<ProgramToken>()
  let immediate: Call[] = []

  function isUsable(token: ProgramToken, process: SimulatedProcess, grant: SimulatedGrant): boolean {
    const { newest, rejected, commands, stored, highest, saved } = grant.history
    // A higher number counts for more, and the store's choice between two of one, though it has lost them since.
    if (highest > token.generation) return false
    if (highest === token.generation && !saved.has(token.accessToken)) return false
    if (commands > 0 || newest?.accessToken !== token.accessToken || rejected.size > 0) return false
    // Between two of one number the store's choice counts.
    const record = stored?.record
    const isOther = record?.tokens !== undefined && record.tokens.accessToken !== token.accessToken
    if (isOther && record.generation === token.generation) return false
    const marginMs = Math.min(grant.numbers.expiryMarginMs, grant.rules.lifeMs * MARGIN_FRACTION)
    return process.now < token.expiresAt - marginMs
  }

  return {
    'token.given'({ process, grant, token }) {
      given.set(process, grant, token)
    },
    'call.began'({ call, held }) {
      const { process, grant, minValidForMs, kind } = call
      if (kind !== 'token') return
      const known = given.get(process, grant)
      const usable = held ?? (known && isUsable(known, process, grant) ? known : undefined)
      if (usable !== undefined && process.now + minValidForMs <= usable.expiresAt) immediate.push(call)
    },
    afterEvent() {
      if (immediate.length === 0) return
      for (const { outcome, process, number, abandoned } of immediate) {
        if (outcome?.ok || abandoned || !process.alive) continue
        const how = outcome === undefined ? 'waits' : 'failed'
        world.fail('P1', `call #${number} of ${process.name} ${how}, though a usable token is held`)
      }
      immediate = []
    },
  }
}
