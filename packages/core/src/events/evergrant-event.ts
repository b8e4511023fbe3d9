import type { Anomaly } from '../anomaly/anomaly.ts'
import type { CallEvent } from './call-event.ts'
import type { GuardEvent, LimiterEvent } from './guard-event.ts'
import type { TokenEvent } from './token-event.ts'

/** Everything that Evergrant tells about what it does. None of it holds a token, a secret, a client id or a query. */
export type EvergrantEvent = TokenEvent | CallEvent | GuardEvent | LimiterEvent | Anomaly

export type EvergrantEventType = EvergrantEvent['type']

/**
 * Every event, and when it happens. A page of the documentation is drawn from it; kept apart from the events
 * themselves, because no program needs it to run.
 */
export const EVENT_GUIDE: { readonly [Type in EvergrantEventType]: string } = {
  'renewal.started': 'A token is requested; `reason` says why, `guarded` whether under a lease.',
  'renewal.succeeded':
    'A token was won, for `lifeMs`; `advanced` is false when it expires no later than the old one.',
  'renewal.failed':
    'No token was won, or it was rejected at once; no further attempt is made before `until`.',
  'renewal.overtaken': 'Another process took over meanwhile; what this one won was put aside.',
  'token.adopted': 'A token that another process stored was taken over.',
  'token.rejected': 'A resource server did not accept the token; `whileFresh`: as the one before it.',
  'token.discarded':
    'Tokens that nobody will use were given up; `revoked` says whether the server knows, or they end by themselves.',
  'commit.late': 'A token is served although it could not be saved yet.',
  'grant.received': 'A grant from elsewhere was stored.',
  'grant.dropped': 'The grant was forgotten on purpose.',
  'store.failed': 'The store does not answer. Told once, until it recovers.',
  'store.recovered': 'The store answers again.',
  'store.refused':
    'A store operation has failed, for a reason that the store itself gives. The machine tries it again.',
  'subscription.failed': 'The store would not tell of changes; the record is polled instead.',
  'client.doubtful': 'By its shape, a client id or secret looks like something else.',
  'secret.switched':
    'Another secret of a ring works than before; the server has refused those at `removable`, which can be taken out.',
  'machine.surprised': 'A defect of this software; please report it.',
  'call.renewed': 'The token of a call was rejected; it is made again with another one.',
  'call.paused': 'A call was turned away or failed; it is made again after `pauseMs`.',
  'call.ended': 'A call has come to its end: with the answer of `status`, or with `failure`.',
  'circuit.opened': 'An API has failed several times in a row; calls fail at once until `until`.',
  'circuit.probing': 'The pause is over; one call is let through to find out.',
  'circuit.closed': 'The API answers again.',
  'limit.exceeded': 'An API has said that it was called too often; nobody calls it for `pauseMs`.',
  'limit.waited': 'A call waited for its turn.',
  'limit.refused': 'A call was turned away before it was made: its turn would have come too late.',
  'limiter.unreachable': 'The shared limit cannot be asked; `instead` says what holds meanwhile.',
  'limiter.recovered': 'The shared limit can be asked again.',
  'anomaly.renewals_excessive': 'The token is renewed more often than its life explains.',
  'anomaly.fresh_token_rejected': 'A token was rejected right after it was won.',
  'anomaly.credentials_failing': 'The credentials were refused several times in a row.',
  'anomaly.host_unexpected': 'The key was used on a machine that is not on the list, or is new.',
  'anomaly.rhythm_unexpected': 'Far more calls in one interval than in any of the past.',
  'anomaly.limit_exceeded': 'An API said again and again that it is called too often.',
  'anomaly.quota_nearly_used': 'Most of the calls that a day may have are made.',
  'anomaly.quota_used': 'All of the calls that a day may have are made.',
  'anomaly.quota_refused': 'An API says that its quota is used up.',
  'anomaly.token_requests_stopped': 'As many token requests were made as an hour may have.',
}
