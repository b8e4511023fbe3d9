import type { AuthorizationServer } from '../authorization-server.ts'
import type { Call } from '../call.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

/** Who won a token, and when by its own clock. */
interface Win {
  readonly process: SimulatedProcess
  readonly wonAt: number
}

/**
 * P4: a rotated refresh token is in the store before anybody is given the access token that came with it, unless
 * the store has refused it for `commitBudgetMs`, which is told. A received grant is confirmed when it is stored.
 */
export function savedFirst(world: World, server: AuthorizationServer): Watcher {
  const wins = new Map<string, Win>()
  /** When each process has last said that it serves what it could not save. */
  const told = new PerProcess<number>()
  /** The command that each process was given last: earlier ones are done with it. */
  const commands = new PerProcess<Call>()
  return {
    'request.ended'({ exchange: { process, issue, refreshToken } }) {
      if (issue?.refreshToken === undefined || refreshToken === undefined) return
      wins.set(issue.accessToken, { process, wonAt: process.now })
    },
    'call.began'({ call }) {
      const { process, grant, issue, kind } = call
      if (kind !== 'token') commands.set(process, grant, call)
      if (issue !== undefined) wins.set(issue.accessToken, { process, wonAt: process.now })
    },
    'program.told'({ process, grant, event }) {
      if (event.type === 'commit.late') told.set(process, grant, world.now)
    },
    'token.given'({ process, grant, token: { accessToken } }) {
      const refreshToken = server.issueOf(accessToken)?.refreshToken
      const win = wins.get(accessToken)
      if (!grant.spends || win === undefined) return
      if (refreshToken === undefined || grant.history.saved.has(refreshToken)) return
      const waitedMs = process.now - win.wonAt
      if (win.process !== process || waitedMs < grant.numbers.commitBudgetMs) {
        world.fail('P4', `${process.name} was given ${accessToken} before ${refreshToken} was stored`)
      } else if (told.get(process, grant) === undefined) {
        world.fail(
          'P4',
          `${process.name} serves ${accessToken}, which it could not save, and does not say so`,
        )
      }
    },
    'call.ended'({ call }) {
      const { process, grant, issue, outcome } = call
      if (issue?.refreshToken === undefined || !outcome?.ok || commands.get(process, grant) !== call) return
      if (grant.history.saved.has(issue.refreshToken)) return
      world.fail('P4', `${process.name} confirmed a grant that is not in the store`)
    },
  }
}
