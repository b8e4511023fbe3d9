import type { AuthorizationServer } from '../authorization-server.ts'
import type { Watcher, World } from '../world.ts'

/**
 * P5 and S1: no token is given to anybody past its expiry, by true time, whatever the clocks say.
 * S2 and S9: it was issued for the grant that was asked for.
 */
export function unexpired(world: World, server: AuthorizationServer): Watcher {
  return {
    'token.given'({ process, grant, token: { accessToken } }) {
      const issue = server.issueOf(accessToken)
      if (issue === undefined) {
        world.fail('S2', `${process.name} was given ${accessToken}, which was never issued`)
      } else if (issue.grant !== grant) {
        world.fail('S2', `${process.name} was given a token of grant ${issue.grant.index} for ${grant.index}`)
      } else if (world.now >= issue.expiresAt) {
        const lateMs = world.now - issue.expiresAt
        world.fail('P5', `${process.name} was given ${accessToken} ${lateMs} ms after it had expired`)
      }
    },
    'store.wrote'({ process, grant, after: { record } }) {
      const issue = record?.tokens && server.issueOf(record.tokens.accessToken)
      if (record?.tokens !== undefined && issue?.grant !== grant) {
        world.fail(
          'S9',
          `${process.name} stored a token under the key of grant ${grant.index} that is not its own`,
        )
      }
    },
  }
}
