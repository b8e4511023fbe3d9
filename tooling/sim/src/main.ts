import { hunt } from './hunt.ts'
import { orderOf, USAGE, UsageError } from './order.ts'
import { playSeed } from './play-seed.ts'
import { playSeeds } from './play-seeds.ts'

/** Does what the command line asks for. Returns whether everything was as it should be. */
async function run(words: readonly string[]): Promise<boolean> {
  const order = orderOf(words)
  switch (order.do) {
    case 'help':
      process.stdout.write(USAGE)
      return true
    case 'seeds':
      return playSeeds(order, process.stdout)
    case 'seed':
      return playSeed(order, process.stdout)
    case 'mutants':
      return hunt(order, process.stdout)
  }
}

// A reader that has seen enough ends the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
try {
  process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}
