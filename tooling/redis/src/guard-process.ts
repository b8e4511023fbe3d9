import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** The program behind `guard.ts`: reads what to look after, and ends it when its input does. */
const processes = new Set<number>()
const folders = new Set<string>()

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...rest] = line.split(' ')
  const name = rest.join(' ')
  if (what === 'process') processes.add(Number(name))
  else if (what === 'ended') processes.delete(Number(name))
  else if (what === 'folder') folders.add(name)
}

for (const pid of processes) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true })
