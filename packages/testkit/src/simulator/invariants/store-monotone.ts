import type { Watcher, World } from '../world.ts'

/**
 * S3: what the store holds never goes back by the program's doing: fences and generations never fall, a generation
 * never changes its token, and a record is never deleted.
 */
export function storeMonotone(world: World): Watcher {
  return {
    'store.wrote'({ process, before, after: { record: to, value } }) {
      const from = before?.record
      if (to === undefined) {
        world.fail('S3', `${process.name} wrote ${value === '' ? 'nothing' : 'what is no record'}`)
      } else if (to.generation > to.fence) {
        world.fail('S3', `${process.name} wrote generation ${to.generation} above fence ${to.fence}`)
      } else if (from !== undefined && to.generation < from.generation) {
        world.fail('S3', `${process.name} wrote generation ${to.generation} over ${from.generation}`)
      } else if (
        from !== undefined &&
        to.generation === from.generation &&
        from.tokens?.accessToken !== to.tokens?.accessToken
      ) {
        world.fail('S3', `${process.name} wrote another token as generation ${to.generation}`)
      }
    },
  }
}
