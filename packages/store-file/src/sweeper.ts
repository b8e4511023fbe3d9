import { join } from 'node:path'
import { type FileStatus, unless } from './disk.ts'
import { type FolderNames, isKeyFolder, newVersion, sortNames } from './folder-names.ts'
import { type Desk, liveRecord, lookAt } from './key-folder.ts'
import { clear, erase, quietly } from './swap.ts'
import { createFile } from './whole-file.ts'

/** How often the processes of a host tidy up together, in ms. */
const SWEEP_EVERY_MS = 60 * 60 * 1_000
/** Keys that are looked at in one such hour, at most. */
const SWEEP_KEYS_MAX = 64
/** Keys that are looked at for every key that is made: what expires is removed faster than what comes. */
const SWEEP_KEYS_PER_NEW = 4
/** Drafts that are looked at when a round begins, at most. */
const SWEEP_DRAFTS_MAX = 64
/**
 * How long, in ms, something must have lain about before it counts as left behind by a process that died. Only
 * what can never become current is removed, so this is not about safety; it lets the living tidy up for themselves.
 */
const LEFT_BEHIND_AFTER_MS = 60 * 60 * 1_000

/** Removes what nobody needs: records that are not worth keeping any more, and what dead processes have left. */
export interface Sweeper {
  /** Tidies up if nobody has for an hour. */
  visit(): void
  /** A key was made: looks at a few others in return. */
  onCreated(): void
  /**
   * Resolves when what is under way has come to its end, which is bounded; nothing begins afterwards. A process
   * that only comes to ask for one token does its part, too.
   */
  close(): Promise<void>
}

export function sweeper(desk: Desk): Sweeper {
  const { disk, places, clock } = desk
  let visitAt = Number.NEGATIVE_INFINITY
  let round: string[] = []
  let work: Promise<void> | undefined
  let closed = false
  /** Keys that are to be looked at for those that were made. */
  let owed = 0

  /** Begins some work in the background, unless some is under way. Failing is no harm: others will come by. */
  function begin(job: () => Promise<void>): void {
    if (closed || work !== undefined) return
    work = job()
      .catch(() => undefined)
      .finally(() => {
        work = undefined
      })
  }

  async function sweepIfDue(): Promise<void> {
    const now = clock.wallMs()
    const marker = await unless(['ENOENT'], disk.status(places.swept))
    if (marker === undefined) await unless(['EEXIST'], createFile(disk, places.swept, new Uint8Array()))
    else if (Math.abs(now - marker.changedAt) < SWEEP_EVERY_MS) return
    else await disk.touch(places.swept, new Date(now))
    await sweepDrafts(desk)
    await sweepKeys(SWEEP_KEYS_MAX)
  }

  async function payOff(): Promise<void> {
    while (owed > 0) {
      const keys = owed
      owed = 0
      await sweepKeys(keys)
    }
  }

  async function sweepKeys(keys: number): Promise<void> {
    let refilled = false
    for (let left = keys; left > 0; ) {
      const folder = round.pop()
      if (folder !== undefined) {
        left -= 1
        await sweepKey(desk, folder).catch(() => undefined)
      } else if (refilled) {
        return
      } else {
        round = someOf(await disk.list(places.records))
        refilled = true
      }
    }
  }

  return {
    visit() {
      const now = clock.monotonicMs()
      if (now < visitAt || work !== undefined) return
      visitAt = now + SWEEP_EVERY_MS
      begin(sweepIfDue)
    },
    onCreated() {
      owed = Math.min(owed + SWEEP_KEYS_PER_NEW, SWEEP_KEYS_MAX)
      begin(payOff)
    },
    async close() {
      closed = true
      await work
    },
  }
}

/** Some of the keys, from a random one on: every process begins elsewhere, and nobody has to remember where. */
function someOf(names: readonly string[]): string[] {
  const start = names.length === 0 ? 0 : Number.parseInt(newVersion().slice(0, 12), 16) % names.length
  const turned = [...names.slice(start, start + SWEEP_KEYS_MAX), ...names.slice(0, start)]
  return turned.slice(0, SWEEP_KEYS_MAX).filter(isKeyFolder)
}

async function sweepKey(desk: Desk, folder: string): Promise<void> {
  const path = join(desk.places.records, folder)
  const found = await lookAt(desk, folder)
  if (found.state === 'absent') return
  if (found.state === 'headless') {
    if (isLeftBehind(await desk.disk.status(path), desk)) await clear(desk, folder, found.names)
    return
  }
  if (found.record !== undefined && liveRecord(found) === undefined) await erase(desk, folder, found)
  else await sweepData(desk, path, found.version, found.names)
}

/**
 * Removes records that can never become current, for the version that they were to follow is not current any
 * more. One that is to follow the current version stays, however old: its writer may have been stopped, and
 * may go on.
 */
async function sweepData(desk: Desk, path: string, current: string, names: FolderNames): Promise<void> {
  for (const { name, version, previous } of names.data) {
    if (version === current || previous === current) continue
    const file = join(path, name)
    if (isLeftBehind(await desk.disk.status(file), desk)) await quietly(desk.disk.unlink(file))
  }
}

/**
 * Removes folders that their makers have never moved to their place. Each is given another name first: its
 * maker, should it go on, finds either the whole folder or none.
 */
async function sweepDrafts(desk: Desk): Promise<void> {
  const { disk, places } = desk
  const drafts = await disk.list(places.drafts)
  for (const name of drafts.slice(0, SWEEP_DRAFTS_MAX)) {
    const draft = join(places.drafts, name)
    const status = await unless(['ENOENT'], disk.status(draft))
    if (status === undefined || !isLeftBehind(status, desk)) continue
    const taken = join(places.drafts, newVersion())
    if (!(await quietly(disk.rename(draft, taken)))) continue
    const { all } = sortNames(await disk.list(taken))
    for (const file of all) await quietly(disk.unlink(join(taken, file)))
    await quietly(disk.removeFolder(taken))
  }
}

function isLeftBehind({ changedAt }: FileStatus, { clock }: Desk): boolean {
  return clock.wallMs() - changedAt > LEFT_BEHIND_AFTER_MS
}
