import { setTimeout as pause } from 'node:timers/promises'
import type { Explanation } from '@evergrant/runtime'
import { type BaiduSandbox, baiduSandbox } from '@evergrant/testkit'
import { Crew, type Member } from './crew.ts'
import { type ShowPlace, showPlace } from './place.ts'
import { Tally } from './tally.ts'
import type { View } from './view.ts'

/** How long a token lives in the show: a month would be a long evening. */
const LIFETIME_SECONDS = 7
const LOOK_MS = 20

/** Everything that the acts play with. */
export interface Stage {
  readonly sandbox: BaiduSandbox
  readonly place: ShowPlace
  readonly crew: Crew
  readonly tally: Tally
  readonly view: View
  /** What the first process that lives says of the token. */
  readonly explanation: Explanation | undefined
  /** Resolves when a process begins to ask for a token. */
  nextRenewal(): Promise<Member>
  close(): Promise<void>
}

/** Starts the sandbox, for a crew that shares one grant and is yet to be hired. Nothing leaves this machine. */
export async function openStage(view: View, redisUrl: string | undefined): Promise<Stage> {
  const sandbox = await baiduSandbox({ lifetimeSeconds: LIFETIME_SECONDS, latencyMs: 50 })
  const place = await showPlace(redisUrl)
  let onRenewal: (member: Member) => void = () => undefined
  const { apiKey: id, secretKey: secret } = sandbox.app
  const crew: Crew = new Crew(
    { place: place.place, url: sandbox.url, id, secret },
    {
      onEvent(event, member) {
        tally.note(event, member.name)
        view.tell(event, member.name)
        if (event.type === 'renewal.started') onRenewal(member)
      },
      onHeld(member) {
        const { holds } = member
        const everybody = crew.members.every(
          ({ alive, holds: other }) => !alive || other === 0 || other >= holds,
        )
        const spreadMs = everybody ? tally.noteSpread(holds) : undefined
        if (spreadMs !== undefined)
          view.say(`   all have token no. ${holds}, ${spreadMs.toFixed(0)} ms later`)
      },
    },
  )
  const tally = new Tally(
    () => performance.now(),
    () => crew.members.map(({ counts }) => counts),
  )
  const stage: Stage = {
    sandbox,
    place,
    crew,
    tally,
    view,
    get explanation() {
      return crew.members.find(({ alive, explanation }) => alive && explanation !== undefined)?.explanation
    },
    nextRenewal: () =>
      new Promise(resolve => {
        onRenewal = resolve
      }),
    async close() {
      await crew.dismiss()
      await sandbox.close()
      await place.close()
    },
  }
  return stage
}

/** Resolves when a condition holds, looking often. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(LOOK_MS)
}
