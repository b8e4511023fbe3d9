/**
 * A process that uses a file store, for tests that stop and kill it.
 *
 * Takes a job as JSON in its only argument and prints one line of JSON for everything that it has to say.
 */
import { writeSync } from 'node:fs'
import type { Change, Store } from '@evergrant/core'
import { watchFolder } from '../../src/change-watch.ts'
import { type Disk, nodeDisk } from '../../src/disk.ts'
import { fileStoreOn } from '../../src/file-store.ts'
import { hostClock } from '../../src/host-clock.ts'
import { type Call, hookedDisk, isChange } from './hooked-disk.ts'
import { quickDisk } from './quick-disk.ts'

export type Job = { readonly directory: string; readonly key: string } & (
  | { readonly type: 'count'; readonly times: number }
  /** Writes once. Before the change to the disk of number `killBefore`, counted from 1, it kills itself. */
  | { readonly type: 'write'; readonly value: string | undefined; readonly killBefore: number }
  /** Replaces what is there, but stops itself just before it would take the name of the current version. */
  | { readonly type: 'stop'; readonly value: string }
  | { readonly type: 'watch' }
)

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function open(
  directory: string,
  before: (call: Call, args: readonly unknown[]) => void = () => undefined,
  inner: Disk = nodeDisk,
): Store {
  const disk = hookedDisk(inner, (call, run, args) => {
    before(call, args)
    return run()
  })
  return fileStoreOn({ disk, clock: hostClock(), watch: watchFolder, uid: process.getuid?.() }, { directory })
}

async function changeOf(store: Store, key: string, value: string | undefined): Promise<Change> {
  return { value, expected: (await store.read(key))?.version }
}

async function count({ directory, key, times }: Extract<Job, { type: 'count' }>): Promise<void> {
  const store = open(directory, undefined, quickDisk)
  let refusals = 0
  for (let done = 0; done < times; ) {
    const entry = await store.read(key)
    const value = String(Number(entry?.value ?? 0) + 1)
    if ((await store.write(key, { value, expected: entry?.version })).written) done += 1
    else refusals += 1
  }
  say({ refusals })
}

async function write({ directory, key, value, killBefore }: Extract<Job, { type: 'write' }>): Promise<void> {
  let changes = 0
  const store = open(directory, (call, args) => {
    if (isChange(call, args) && ++changes === killBefore) process.kill(process.pid, 'SIGKILL')
  })
  const change = await changeOf(store, key, value)
  const { written } = await store.write(key, change)
  await store.close?.()
  say({ written, changes })
}

async function stop({ directory, key, value }: Extract<Job, { type: 'stop' }>): Promise<void> {
  const store = open(directory, (call, [path]) => {
    if (call !== 'rename' || !/head\.[0-9a-f]+$/.test(String(path))) return
    say({ stopping: true })
    process.kill(process.pid, 'SIGSTOP')
  })
  const change = await changeOf(store, key, value)
  say(await store.write(key, change))
}

async function watch({ directory, key }: Extract<Job, { type: 'watch' }>): Promise<void> {
  const store = open(directory)
  await store.subscribe?.(key, () => say({ hint: true }))
  say({ watching: true })
  // The subscription itself must not keep the process alive; this does, until the test has seen enough.
  process.stdin.on('end', () => store.close?.()).resume()
}

const job: Job = JSON.parse(process.argv[2] ?? '')
if (job.type === 'count') await count(job)
else if (job.type === 'write') await write(job)
else if (job.type === 'stop') await stop(job)
else await watch(job)
