import type { Tally } from './tally.ts'

/** What was proven, in the words of the promises. */
export function summary(tally: Tally): string {
  const { tokenRequests, killed, stale, slowestSpreadMs } = tally
  const { calls, failures, repeated, slowestTokenMs } = tally.counts
  const rows = tokenRequests.map(
    ({ atMs, by, reason, outcome }) =>
      `  ${(atMs / 1000).toFixed(1).padStart(6)} s  process ${by}  ${reason.padEnd(32)} ${outcome}`,
  )
  const won = tokenRequests.filter(({ outcome }) => outcome.startsWith('token no.'))
  return [
    '',
    'Requests to the token endpoint, by whom and why:',
    ...rows,
    '',
    'Every attempt takes a number: failed ones leave gaps, and without the store',
    'two processes may take the same one.',
    '',
    `calls             ${calls}`,
    `failures          ${failures}`,
    `repeated          ${repeated}  (rejected once by the API, then made with a new token)`,
    `with a dead token ${stale}  (calls that reached the API with a token that had expired)`,
    `killed processes  ${killed}`,
    `token requests    ${tokenRequests.length}  (for ${calls} calls)`,
    `tokens            ${won.length}`,
    `longest spread    ${slowestSpreadMs.toFixed(0)} ms from the winning of a token until all processes had it`,
    `longest wait      ${slowestTokenMs.toFixed(0)} ms for a token, after the first`,
    '',
    failures === 0 && stale === 0
      ? 'No call failed: not while tokens expired, nor while the endpoint was down,\nnor after the revocation, nor when a process was killed, nor without the store.'
      : `${failures} calls failed and ${stale} went out with a dead token, which must not happen.\nPlease report it with the lines above.`,
    '',
  ].join('\n')
}
