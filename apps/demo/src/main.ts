import { liveView } from './live-view.ts'
import { plainView } from './plain-view.ts'
import { play } from './show.ts'
import { summary } from './summary.ts'

const { stdout } = process
const live = stdout.isTTY === true && process.env.TERM !== 'dumb'
const tally = await play(live ? liveView(stdout) : plainView(stdout))
stdout.write(summary(tally))
process.exitCode = tally.failures === 0 ? 0 : 1
