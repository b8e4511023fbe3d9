import type { Tally } from './tally.ts'

/** What was proven, in the words of the promises. */
export function summary(tally: Tally): string {
  const { calls, failures, repeated, tokenRequests, slowestTokenMs } = tally
  const rows = tokenRequests.map(
    ({ atMs, reason, outcome }) =>
      `  ${(atMs / 1000).toFixed(1).padStart(6)} s  ${reason.padEnd(32)} ${outcome}`,
  )
  return [
    '',
    'Requests to the token endpoint, and why:',
    ...rows,
    '',
    `calls            ${calls}`,
    `failures         ${failures}`,
    `repeated         ${repeated}  (rejected once by the API, then made with a new token)`,
    `token requests   ${tokenRequests.length}  (for ${calls} calls)`,
    `longest wait     ${slowestTokenMs.toFixed(0)} ms for a token, after the first`,
    '',
    failures === 0
      ? 'No call failed: not while tokens expired, nor while the endpoint was down, nor after the revocation.'
      : `${failures} calls failed, which must not happen. Please report it with the lines above.`,
    '',
  ].join('\n')
}
