/**
 * What the caller should do about a failure. This is the first thing to branch on; the code comes second.
 *
 * - `reauthorize`: the grant has ended. Obtain a new one (a user signs in again, an operator imports one).
 * - `retry`: nothing is wrong with the configuration. Try again after `retryAfterMs`.
 * - `configure`: the request can never succeed as configured. Change a key, a scope, a URL or a permission.
 * - `distrust`: the peer answered with something a token endpoint must not answer. Check who is answering.
 * - `declined`: a person or a policy said no.
 * - `cancelled`: the caller, or `close()`, ended the call.
 */
export type FailureKind = 'reauthorize' | 'retry' | 'configure' | 'distrust' | 'declined' | 'cancelled'
