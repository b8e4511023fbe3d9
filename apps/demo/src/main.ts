import { liveView } from './live-view.ts'
import { plainView } from './plain-view.ts'
import { play } from './show.ts'
import { summary } from './summary.ts'

const { stdout, env } = process
const live = stdout.isTTY === true && env.TERM !== 'dumb'
const tally = await play(live ? liveView(stdout) : plainView(stdout), env.REDIS_URL)
stdout.write(summary(tally))
process.exitCode = tally.counts.failures === 0 && tally.stale === 0 ? 0 : 1
