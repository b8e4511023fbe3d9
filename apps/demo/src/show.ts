import { setTimeout as pause } from 'node:timers/promises'
import { openStage, type Stage, until } from './stage.ts'
import type { Tally } from './tally.ts'
import type { View } from './view.ts'

const PROCESSES = 4
const CALLS_PER_SECOND = 8
const COLD_CALLERS = 250
/** How much life the token has left, in ms, when the token endpoint comes back. */
const LEFT_AFTER_OUTAGE_MS = 2_000

/** About how long the show takes, in ms, for the bar that shows its progress. */
export const SHOW_MS = 22_000
const INTERRUPTED = 130

/** One thing that happens while the calls go on. */
interface Act {
  readonly title: string
  perform(stage: Stage): Promise<void>
}

const ACTS: readonly Act[] = [
  {
    title: 'Tokens expire: one process renews them, the others hear of it',
    perform: () => pause(3_500),
  },
  {
    title: 'The token endpoint goes down while the token nears its end',
    async perform(stage) {
      const { sandbox, tally, view } = stage
      sandbox.fault('json_503', 1_000)
      // Only who has asked in vain holds the token that nears its end: what is known of the others may be older.
      await until(() => tally.tokenRequests.some(({ outcome }) => outcome.startsWith('failed')))
      await until(() => (stage.explanation?.token?.lapsesAt ?? 0) - Date.now() < LEFT_AFTER_OUTAGE_MS)
      sandbox.clearFaults()
      view.say(`the endpoint is back, with ${LEFT_AFTER_OUTAGE_MS / 1000} s of usable life left in the token`)
      await pause(1_500)
    },
  },
  {
    title: 'The token is revoked early: the API rejects it',
    async perform({ sandbox, view }) {
      const revoked = sandbox.revoke()
      view.say(`${revoked} living token${revoked === 1 ? '' : 's'} revoked at the server`)
      await pause(1_000)
    },
  },
  {
    title: 'The connection breaks in the middle of a renewal',
    async perform(stage) {
      stage.sandbox.fault('lost_answer')
      await stage.nextRenewal()
      await pause(600)
    },
  },
  {
    title: 'The process that renews is killed in the middle of it',
    async perform(stage) {
      const { sandbox, crew, tally, view } = stage
      sandbox.set({ latencyMs: 500 })
      const victim = await stage.nextRenewal()
      await pause(100)
      await crew.kill(victim)
      tally.noteKilled(victim.name)
      view.say(`process ${victim.name} is gone (kill -9), its request with it`)
      sandbox.set({ latencyMs: 50 })
      const successor = await stage.nextRenewal()
      view.say(`process ${successor.name} has taken over`)
      const recruit = await crew.hire()
      crew.setToWork(recruit, CALLS_PER_SECOND)
      view.say(`process ${recruit.name} joins, and finds the token that the others have`)
      await pause(600)
    },
  },
  {
    title: 'The store is out of reach',
    async perform({ place, view }) {
      await place.reach(false)
      view.say('the store cannot be reached: everybody goes on with what they have')
      await pause(2_500)
      await place.reach(true)
      view.say('the store is back')
      await pause(1_500)
    },
  },
]

/** Plays the show and returns what was counted. A Ctrl-C ends the process, and leaves nothing behind. */
export async function play(view: View, redisUrl: string | undefined): Promise<Tally> {
  const stage = await openStage(view, redisUrl)
  const { crew, tally } = stage
  const close = async () => {
    await stage.close()
    view.close()
  }
  process.once('SIGINT', () => close().finally(() => process.exit(INTERRUPTED)))
  try {
    view.open(stage)
    await Promise.all(Array.from({ length: PROCESSES }, () => crew.hire()))
    view.act(
      `${crew.members.length} processes, ${COLD_CALLERS * crew.members.length} callers at once, and no token yet`,
    )
    await crew.burst(COLD_CALLERS)
    crew.run(CALLS_PER_SECOND)
    for (const act of ACTS) {
      view.act(act.title)
      await act.perform(stage)
    }
  } finally {
    await close()
  }
  tally.stale = stage.sandbox.requests.filter(({ outcome }) => outcome === '111').length
  return tally
}
