/**
 * Preloaded into a command (`--import`): kills the process instead of its change to the disk of number
 * `EVERGRANT_TEST_KILL_AT`, counted from 1. What it had begun by then is left as a crash would leave it.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const CHANGES = ['write', 'fsync', 'rename', 'unlink', 'mkdir', 'rmdir'] as const
const killAt = Number(process.env.EVERGRANT_TEST_KILL_AT)
let changes = 0

for (const name of CHANGES) {
  const counted = new Proxy<(...args: never[]) => void>(fs[name], {
    apply(call, self, args) {
      changes += 1
      if (changes === killAt) process.kill(process.pid, 'SIGKILL')
      return Reflect.apply(call, self, args)
    },
  })
  Object.assign(fs, { [name]: counted })
}
syncBuiltinESMExports()
