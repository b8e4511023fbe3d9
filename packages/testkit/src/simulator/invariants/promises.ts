import type { Parts } from '../parts.ts'
import type { Watcher } from '../world.ts'
import { contained } from './contained.ts'
import { latch } from './latch.ts'
import { neededRequest } from './needed-request.ts'
import { noStorm } from './no-storm.ts'
import { noWait } from './no-wait.ts'
import { oneHolder } from './one-holder.ts'
import { oneRequest } from './one-request.ts'
import { readerMonotone } from './reader-monotone.ts'
import { savedFirst } from './saved-first.ts'
import { settles } from './settles.ts'
import { spentOnce } from './spent-once.ts'
import { storeMonotone } from './store-monotone.ts'
import { typedFailures } from './typed-failures.ts'
import { unexpired } from './unexpired.ts'
import { verdicts } from './verdicts.ts'

/** Lets every checker of a promise watch the world. The drills check those about a healthy fleet. */
export function watchPromises({ world, store, server }: Parts): void {
  const watchers: Watcher[] = [
    noWait(world),
    neededRequest(world, store),
    spentOnce(world),
    savedFirst(world, server),
    unexpired(world, server),
    oneHolder(world, store),
    oneRequest(world, store),
    storeMonotone(world),
    readerMonotone(world),
    contained(world),
    typedFailures(world),
    latch(world, store),
    settles(world),
    noStorm(world),
    verdicts(world, store),
  ]
  for (const watcher of watchers) world.watch(watcher)
}
