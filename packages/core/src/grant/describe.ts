import type { Explanation } from './explain.ts'

/** An explanation in one English sentence, with the numbers it rests on. */
export function describe(explanation: Explanation): string {
  const { at, token, failure, decision } = explanation
  switch (decision) {
    case 'serve':
      return `The token is fresh: ${left(explanation)}, renewal is due in ${inWords((token?.dueAt ?? at) - at)}.`
    case 'serve_and_renew':
      return `The token is due for renewal but still valid: ${left(explanation)}.`
    case 'wait_for_renewal':
      return `There is no usable token (${why(explanation)}); ${ACTIVITY[explanation.phase]}.`
    case 'wait_for_lease':
      return `There is no usable token (${why(explanation)}); another process is obtaining one.`
    case 'obtain':
      return `There is no usable token (${why(explanation)}); the next call obtains one.`
    case 'fail_fast': {
      const pause =
        failure?.retryAfterMs === undefined
          ? 'only a new grant can end this'
          : `the next attempt is due in ${inWords(failure.retryAfterMs)}`
      return `There is no usable token (${why(explanation)}); ${pause}. Last failure: ${failure?.code}.`
    }
  }
}

function left({ token, at }: Explanation): string {
  return `${inWords((token?.expiresAt ?? at) - at)} of life left`
}

function why({ token }: Explanation): string {
  if (token === undefined) return 'none is held'
  return token.rejected ? 'it was rejected' : 'it has lapsed'
}

const ACTIVITY: Readonly<Record<Explanation['phase'], string>> = {
  unread: 'nothing was read yet',
  held: 'nothing is under way',
  waiting: 'waiting',
  reading: 'the stored record is being read',
  leasing: 'the lease is being taken',
  refreshing: 'the token endpoint is being asked',
  committing: 'the result is being stored',
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** A span of milliseconds in the largest two units that matter, e.g. `29 d 23 h`. */
export function inWords(ms: number): string {
  if (!Number.isFinite(ms)) return 'no end'
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  let seconds = Math.floor(ms / 1_000)
  const first = UNITS.findIndex(([, size]) => seconds >= size)
  const words: string[] = []
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(seconds / size)
    if (count > 0) words.push(`${count} ${unit}`)
    seconds -= count * size
  }
  return words.join(' ')
}
