/** Starts a server, says which, and is killed without having stopped it. */
import { startServer } from '../../src/index.ts'

const { pid, folder } = await startServer()
process.stdout.write(`${pid} ${folder}\n`)
setInterval(() => undefined, 1_000)
