/**
 * Every failure code Evergrant itself gives: what the caller should do (the kind), and one sentence that says
 * what happened. RFC 6749's own `error` values come first (§4.1.2.1, §5.2; RFC 8707 §2). A provider may add codes
 * of its own; a server may send codes nobody has heard of, which are passed through as kind `retry`.
 *
 * The longer text of every code stands in the failure guide, from which `docs/errors.md` is generated: it is not
 * needed in every program, and this table is.
 */
export const FAILURE_CODES = {
  invalid_request: [
    'configure',
    'The token endpoint misses or does not understand a parameter; check URL, grant type, client id and secret.',
  ],
  invalid_client: ['configure', 'The token endpoint refuses the client id or the client secret; check both.'],
  invalid_grant: [
    'reauthorize',
    'The refresh token or code is invalid, expired, revoked or used; obtain a new grant.',
  ],
  unauthorized_client: ['configure', 'This client may not use this grant type; enable it at the provider.'],
  unsupported_grant_type: [
    'configure',
    'The token endpoint does not know this grant type; check URL and grant type.',
  ],
  invalid_scope: [
    'configure',
    'A requested scope is unknown or not allowed; request scopes that are enabled for this client.',
  ],
  invalid_target: ['configure', 'The requested audience or resource is unknown; check it.'],
  use_dpop_nonce: [
    'retry',
    'The server asks for a proof of possession with its nonce; the next request has it.',
  ],
  invalid_dpop_proof: [
    'configure',
    'The server refuses the proof of possession; check the clock of this machine and the algorithm of the key.',
  ],
  unsupported_token_type: [
    'configure',
    'The server does not revoke tokens of this kind; they are good until they expire.',
  ],
  access_denied: ['declined', 'The resource owner or the server said no.'],
  server_error: ['retry', 'The token endpoint had an internal error; it is tried again.'],
  temporarily_unavailable: [
    'retry',
    'The token endpoint is overloaded or limits the rate; it is tried again.',
  ],
  response_empty: ['distrust', 'The answer is empty; check that the URL is the token endpoint.'],
  response_html: [
    'distrust',
    'The answer is an HTML page; check the URL for typing errors, and for a proxy or captive portal.',
  ],
  response_not_json: ['distrust', 'The answer is not one complete JSON object; check URL and network.'],
  response_duplicate_member: [
    'distrust',
    'The answer names a member twice, so that two readers could read two tokens.',
  ],
  response_wrong_type: ['distrust', 'A member of the answer has a type or value it must not have.'],
  response_without_token: [
    'distrust',
    'The answer is a success without an access token; check that the URL is the token endpoint.',
  ],
  response_too_large: ['distrust', 'The answer is larger than bodyBytesMax; check who is answering.'],
  response_status: [
    'distrust',
    'The answer has a status that a token endpoint does not give; check URL and proxy.',
  ],
  redirected: [
    'distrust',
    'The answer is a redirect, which is never followed with credentials; configure the final URL.',
  ],
  token_malformed: ['distrust', 'The token is empty, too long, or has characters that no header can carry.'],
  token_not_bound: [
    'configure',
    'The server gave a bearer token where one that is bound to a key was asked for.',
  ],
  token_type_unknown: ['distrust', 'The token is of a type that this client cannot use.'],
  lifetime_not_positive: ['distrust', 'The token has expired already, by what the answer itself says.'],
  endpoint_missing: ['configure', 'The provider has no such endpoint, or none is known; configure its URL.'],
  flow_unknown: [
    'reauthorize',
    'No sign-in waits for this answer: it was answered already, is too old, or began elsewhere; begin anew.',
  ],
  flow_expired: ['reauthorize', 'The sign-in took too long; begin anew.'],
  issuer_mismatch: ['distrust', 'The answer comes from another issuer than the one that was asked.'],
  callback_malformed: [
    'distrust',
    'The answer of the authorization endpoint has neither a code nor an error.',
  ],
  endpoint_not_found: ['configure', 'There is no token endpoint at this URL; check URL and grant type.'],
  response_lost: [
    'reauthorize',
    'A single-use refresh token was presented and its answer was lost; obtain a new grant.',
  ],
  refresh_token_missing: [
    'reauthorize',
    'The token has ended and there is no refresh token; obtain a new grant.',
  ],
  grant_dropped: ['reauthorize', 'The grant was dropped on purpose; obtain a new one.'],
  lifetime_too_short: [
    'configure',
    'The provider gives tokens that live too short for this call; ask for less.',
  ],
  token_not_renewed: [
    'retry',
    'The provider gives the old token again, which lives too short for this call; wait.',
  ],
  token_rejected_again: [
    'retry',
    'Tokens are rejected soon after they were issued, two in a row; check permissions, region and environment.',
  ],
  transport_failed: ['retry', 'The server could not be reached, or the connection broke.'],
  request_timed_out: ['retry', 'The server did not answer within requestTimeoutMs.'],
  proxy_refused: [
    'configure',
    'The proxy does not let this request through; check its address and credentials.',
  ],
  tls_failed: ['configure', 'The TLS connection was refused: certificate, host name or protocol version.'],
  key_not_pinned: [
    'distrust',
    'The server shows a valid certificate, but none of the public keys that are pinned.',
  ],
  insecure_endpoint: ['configure', 'The URL is not https, and credentials are never sent in clear.'],
  store_unreachable: ['retry', 'The store does not answer, and without it this grant must not change.'],
  record_sealed: [
    'configure',
    'The stored record is sealed, and this process has no keyring to open it with.',
  ],
  record_newer: ['configure', 'A later version of Evergrant wrote this record; upgrade this process.'],
  seal_key_missing: [
    'configure',
    'A record was sealed under a key that is not in the keyring; add it to the older ones.',
  ],
  seal_broken: ['distrust', 'A record is not what was sealed under its key: it was changed, moved or cut.'],
  record_not_sealed: ['configure', 'A record lies in the store in clear, where only sealed ones are read.'],
  key_service_failed: ['retry', 'The key service does not answer, or refuses to unwrap a key.'],
  call_timed_out: ['retry', 'No token could be had in time; the work goes on for the next caller.'],
  follower_waits: ['retry', 'This process only follows, and the one that renews has stored no usable token.'],
  waiters_exhausted: ['retry', 'More than waitersMax callers wait for this token.'],
  request_budget_spent: [
    'retry',
    'As many token requests were made within an hour as requestsPerHourMax allows; find out why.',
  ],
  sessions_exhausted: ['retry', 'More than sessionsMax grants are busy at once.'],
  secret_unavailable: ['configure', 'A client id or secret cannot be read where it should be.'],
  not_confirmed: ['declined', 'This was not confirmed, and nothing was done.'],
  second_factor_refused: ['declined', 'The code of the second verification is wrong, or was used already.'],
  second_factor_blocked: ['declined', 'Too many wrong codes were given; none is looked at for a while.'],
  second_factor_exists: ['configure', 'A second verification was set up already; remove it first.'],
  second_factor_missing: ['configure', 'No second verification was set up.'],
  audit_unwritable: [
    'configure',
    'The audit log cannot be written, and what it cannot hold must not be done.',
  ],
  audit_unreadable: ['configure', 'The audit log cannot be read.'],
  key_unusable: ['configure', 'A key or certificate cannot be used for what it is there for.'],
  token_not_verified: ['distrust', 'The token is not what the issuer signs, or is not meant for this use.'],
  invalid_option: ['configure', 'An option is out of its range.'],
  insufficient_scope: ['configure', 'The token lacks a scope that the call needs.'],
  origin_not_allowed: ['configure', 'This origin may not be shown a token; allow it if that is meant.'],
  scheme_conflict: ['configure', 'The request is authorized in another way already; leave one of them out.'],
  body_unsuitable: ['configure', 'The token belongs into the body, and this body cannot take it.'],
  body_not_replayable: [
    'retry',
    'The token was rejected and is replaced, but the body is a stream; make the call again.',
  ],
  rate_limited: ['retry', 'The API limits how often it may be called; wait.'],
  circuit_open: ['retry', 'The API has failed several times in a row and is left alone for a while.'],
  bundle_damaged: ['distrust', 'The bundle is damaged, was changed on its way, or is no bundle.'],
  bundle_too_large: ['distrust', 'The bundle is larger than any bundle may be.'],
  bundle_newer: ['configure', 'A later version of Evergrant made this bundle; upgrade this one.'],
  bundle_wrong_recipient: ['configure', 'The bundle is meant for another recipient.'],
  bundle_wrong_passphrase: ['configure', 'The bundle was made with another passphrase.'],
  bundle_signer_unknown: ['distrust', 'The bundle is not signed with any of the keys that are trusted.'],
  bundle_foreign: [
    'configure',
    'The bundle is of another provider, issuer or purpose than is expected here.',
  ],
  bundle_expired: ['reauthorize', 'The bundle has expired; have a new one made.'],
  bundle_not_yet_valid: ['configure', 'The bundle is from the future; check the clock of this machine.'],
  clock_set_back: [
    'configure',
    'The clock of this machine is behind what it has shown before; set it right.',
  ],
  aborted: ['cancelled', "The caller's signal was aborted."],
  closed: ['cancelled', 'The token source was closed.'],
} as const

/** A code from Evergrant's own list. */
export type FailureCode = keyof typeof FAILURE_CODES

const STANDARD_ERRORS: ReadonlySet<string> = new Set(
  Object.keys(FAILURE_CODES).slice(0, Object.keys(FAILURE_CODES).indexOf('response_empty')),
)

/** Whether `error` is one that an RFC defines for token endpoints, rather than one of Evergrant's own. */
export function isStandardError(error: string): error is FailureCode {
  return STANDARD_ERRORS.has(error)
}
