import { BUNDLE_GUIDE } from './bundle-guide.ts'
import type { FailureCode } from './failure-codes.ts'
import { SAFEGUARD_GUIDE } from './safeguard-guide.ts'

/** What a failure code means and what to do about it, at length: for documentation, command lines and dashboards. */
export interface FailureGuidance {
  readonly meaning: string
  readonly remedy: string
}

// A spread would keep all these texts in every bundle: bundlers take it for something that may have an effect.
export const FAILURE_GUIDE: Readonly<Record<FailureCode, FailureGuidance>> = /* @__PURE__ */ Object.assign(
  {
    invalid_request: {
      meaning:
        'The token endpoint says that a parameter is missing, repeated or not understood (RFC 6749 §5.2).',
      remedy: 'Check the endpoint URL, the grant type and that client id and secret are not empty.',
    },
    invalid_client: {
      meaning: 'The token endpoint does not accept the client id or the client secret (RFC 6749 §5.2).',
      remedy: 'Check the client id and the client secret, and that they belong to this provider.',
    },
    invalid_grant: {
      meaning:
        'The refresh token or authorization code is invalid, expired, revoked or used (RFC 6749 §5.2).',
      remedy: 'Obtain a new grant: let the user sign in again, or import a fresh refresh token.',
    },
    unauthorized_client: {
      meaning: 'This client may not use this grant type (RFC 6749 §5.2).',
      remedy: 'Enable the grant type for the client at the provider, or choose another one.',
    },
    unsupported_grant_type: {
      meaning: 'The token endpoint does not know this grant type (RFC 6749 §5.2).',
      remedy: 'Check the endpoint URL and choose a grant type that the provider supports.',
    },
    invalid_scope: {
      meaning: 'A requested scope is unknown, malformed or more than was granted (RFC 6749 §5.2).',
      remedy: 'Request only scopes that the provider has enabled for this client.',
    },
    invalid_target: {
      meaning: 'The requested resource or audience is unknown to the server (RFC 8707 §2).',
      remedy: 'Check the configured audience and resources.',
    },
    use_dpop_nonce: {
      meaning:
        'The server wants its nonce in the proof of possession (RFC 9449 §8), and asked for it twice in a row. It is ' +
        'tried again.',
      remedy: 'Check, if it lasts, whether several servers with different nonces stand behind one URL.',
    },
    invalid_dpop_proof: {
      meaning: 'The server does not accept the proof of possession of the key (RFC 9449 §5).',
      remedy:
        'Check that the clock of this machine is right, that the server knows the algorithm of the key, and that no ' +
        'proxy changes method or URL.',
    },
    unsupported_token_type: {
      meaning: 'The server does not revoke access tokens, or not refresh tokens (RFC 7009 §2.2.1).',
      remedy: 'Nothing, where its tokens are short-lived: revoking the refresh token ends the grant.',
    },
    access_denied: {
      meaning: 'The resource owner or the server declined the request (RFC 6749 §4.1.2.1).',
      remedy: 'Ask for consent again only when somebody wants to give it.',
    },
    server_error: {
      meaning: 'The token endpoint had an internal error (RFC 6749 §4.1.2.1, or a 5xx status).',
      remedy: 'Nothing: it is retried with backoff.',
    },
    temporarily_unavailable: {
      meaning: 'The token endpoint is overloaded, in maintenance, or limits the rate (429, 503).',
      remedy: 'Nothing: it is retried with backoff, not before Retry-After.',
    },
    response_empty: {
      meaning: 'The token endpoint answered with an empty body.',
      remedy: 'Check that the URL is the token endpoint and that no proxy answers in its place.',
    },
    response_html: {
      meaning: 'The token endpoint answered with an HTML page instead of JSON.',
      remedy: 'Check the URL for a typing error or a trailing character, and for a proxy or captive portal.',
    },
    response_not_json: {
      meaning: 'The answer of the token endpoint is not one complete JSON object.',
      remedy: 'Check that the URL is the token endpoint; a truncated answer hints at the network.',
    },
    response_duplicate_member: {
      meaning: 'The answer names the same member twice, so that two readers could read two tokens.',
      remedy: 'Report it to the provider; check for a proxy that rewrites answers.',
    },
    response_wrong_type: {
      meaning: 'A member of the answer has a type or value that the RFC does not allow for it.',
      remedy: 'Report it to the provider, or choose a profile that describes its answers.',
    },
    response_without_token: {
      meaning: 'The answer is a success but brings no access token.',
      remedy: 'Check that the URL is the token endpoint of this provider.',
    },
    response_too_large: {
      meaning: 'The answer is larger than bodyBytesMax.',
      remedy: 'Check who is answering; raise bodyBytesMax only if the provider is known to answer so much.',
    },
    response_status: {
      meaning: 'The status of the answer is none that a token endpoint gives.',
      remedy: 'Check that the URL is the token endpoint and that no proxy answers in its place.',
    },
    redirected: {
      meaning: 'The token endpoint answered with a redirect, which is never followed with credentials.',
      remedy: 'Configure the final URL; check that it is https.',
    },
    token_malformed: {
      meaning: 'The token is empty, too long or has characters that no header can carry.',
      remedy: 'Report it to the provider; check for a proxy that rewrites answers.',
    },
    token_not_bound: {
      meaning:
        'A token that is bound to a key was asked for, and the server gave a bearer token (RFC 9449 §5).',
      remedy: 'Enable DPoP for this client at the server, or leave `proof` out.',
    },
    token_type_unknown: {
      meaning: 'The token is of a type that this client cannot use (RFC 6749 §7.1).',
      remedy: 'Configure the provider to issue Bearer tokens, or DPoP tokens where those are asked for.',
    },
    lifetime_not_positive: {
      meaning: 'The token is already expired by what the answer itself says (expires_in of 0 or less).',
      remedy: 'Report it to the provider.',
    },
    endpoint_missing: {
      meaning: 'The flow needs an endpoint that the provider does not describe.',
      remedy:
        'Configure its URL, or discover the provider from its issuer; check that the server supports the flow.',
    },
    flow_unknown: {
      meaning:
        'An answer came for a sign-in that is not pending: it was answered before, has expired, or was begun with ' +
        'another store. A replayed or forged answer ends here too.',
      remedy:
        'Begin the sign-in anew. If it happens always, check that all processes share the store of pending sign-ins.',
    },
    flow_expired: {
      meaning:
        'The person did not finish the sign-in in time, or the device code has expired (RFC 8628 §3.5).',
      remedy: 'Begin the sign-in anew.',
    },
    issuer_mismatch: {
      meaning: 'The issuer named by the answer is not the one that was asked, or none is named (RFC 9207).',
      remedy:
        'Drop or add the slash at the end of the issuer, where its metadata was read: the message says which issuer they ' +
        'name. Else do not use the answer: it may belong to a mix-up attack. Check issuer and redirect URI.',
    },
    callback_malformed: {
      meaning:
        'The redirect from the authorization endpoint carries neither a code nor an error (RFC 6749 §4.1.2).',
      remedy: 'Check the redirect URI, and that nothing on the way drops the query.',
    },
    endpoint_not_found: {
      meaning: 'There is no token endpoint at this URL (404, 405 or 410).',
      remedy: 'Check the URL and the grant type.',
    },
    response_lost: {
      meaning:
        'A single-use refresh token was presented and its answer was lost, so the token that replaced it is ' +
        'known to the server only. No client can recover from this.',
      remedy: 'Obtain a new grant. If the provider has a reuse grace period, configure replayWindowMs.',
    },
    refresh_token_missing: {
      meaning: 'The token has ended and no refresh token is held for it.',
      remedy: 'Obtain a new grant; ask for offline access if the provider has such a scope.',
    },
    grant_dropped: {
      meaning: 'The grant was dropped on purpose.',
      remedy: 'Obtain a new grant.',
    },
    lifetime_too_short: {
      meaning: 'The caller asks for more remaining life (minValidForMs) than the provider gives a new token.',
      remedy: 'Ask for less than the full lifetime of a token.',
    },
    token_not_renewed: {
      meaning: 'The provider answers with a token that it gave before, and it lives too short for this call.',
      remedy: 'Wait: such providers issue a new token only shortly before the old one ends.',
    },
    token_rejected_again: {
      meaning: 'Tokens are rejected soon after they were issued, two in a row, so renewing does not help.',
      remedy:
        'Check permissions, region, that token and API belong to the same environment, and whether somebody revokes tokens.',
    },
    transport_failed: {
      meaning: 'The server could not be reached, or the connection broke.',
      remedy: 'Check network, DNS, proxy and certificates if it lasts.',
    },
    request_timed_out: {
      meaning: 'The server did not answer within requestTimeoutMs.',
      remedy: 'Check the network if it lasts; raise requestTimeoutMs for a slow endpoint.',
    },
    proxy_refused: {
      meaning:
        'The proxy does not let this request through: it wants credentials (407), or forbids this host (403).',
      remedy: 'Check HTTPS_PROXY with its user and password, and NO_PROXY; ask whoever runs the proxy.',
    },
    tls_failed: {
      meaning: 'The TLS connection was refused: certificate, host name or protocol version.',
      remedy: 'Check the URL and the certificate authority; verification is never switched off.',
    },
    insecure_endpoint: {
      meaning: 'The URL is not https, and credentials are never sent in clear (RFC 6749 §3.2).',
      remedy:
        'Use https. Plain http is allowed to loopback hosts only, and only by a transport with `allowInsecureLoopback`.',
    },
    store_unreachable: {
      meaning: 'The store cannot be reached, and without it this grant must not be renewed.',
      remedy: 'Check the store. A usable token goes on being served meanwhile.',
    },
    record_newer: {
      meaning: 'The stored record has a format of a later version of Evergrant; it is left untouched.',
      remedy: 'Upgrade this process.',
    },
    call_timed_out: {
      meaning: 'No token could be had within callTimeoutMs; the work goes on for the next caller.',
      remedy: 'Try again; see explain() for what it is waiting for.',
    },
    follower_waits: {
      meaning: 'This process only follows, and the process that renews has not stored a usable token.',
      remedy: 'Check the process that renews, and that both have the same store.',
    },
    waiters_exhausted: {
      meaning: 'More than waitersMax callers are waiting for this token already.',
      remedy: 'Shed load; raise waitersMax if this many callers are meant.',
    },
    request_budget_spent: {
      meaning:
        'This process has made requestsPerHourMax token requests for this grant within an hour, and makes no more ' +
        'until it is over. A usable token, and one that another process obtains, is served all the same.',
      remedy:
        'Find out who asks so often: tokens that are rejected again and again, or that live shorter than they are ' +
        'needed. Raise requestsPerHourMax if this many are meant.',
    },
    sessions_exhausted: {
      meaning: 'More than sessionsMax grants of this runtime are busy at once.',
      remedy: 'Raise sessionsMax.',
    },
    secret_unavailable: {
      meaning: 'A client id or client secret could not be read where it should be.',
      remedy: 'Set the environment variable, or check path and permissions of the file.',
    },
    key_unusable: {
      meaning:
        'A key or certificate is in a form that cannot be read, is of the wrong kind, or does not fit the algorithm or ' +
        'the certificate beside it.',
      remedy: 'See the message for what was expected. Private keys in PEM must be PKCS#8 and not encrypted.',
    },
    token_not_verified: {
      meaning:
        'The signature, issuer, audience, type or validity of a JWT is not what it has to be (RFC 9068 §4).',
      remedy: 'Do not trust what the token says. Check issuer and audience if the token is known to be good.',
    },
    invalid_option: {
      meaning: 'An option has a value outside its range, or two options contradict each other.',
      remedy: 'See the message for option, value and range.',
    },
    insufficient_scope: {
      meaning: 'The call needs a scope that was not granted to the token (RFC 6750 §3.1).',
      remedy: 'Have the scope granted, and obtain a new token: scopes are fixed when a token is issued.',
    },
    origin_not_allowed: {
      meaning: 'A call goes to an origin that may not be shown a token, or not over https.',
      remedy: 'Correct the URL; or add the origin to the resource server if it may be shown tokens.',
    },
    scheme_conflict: {
      meaning:
        'The request brings an Authorization header or a token of its own. Exactly one scheme per request.',
      remedy: 'Leave it out, or make the call without Evergrant.',
    },
    body_unsuitable: {
      meaning:
        'This API takes the token in its body, and the body is not a JSON object or form given as text.',
      remedy: 'Give the body as a string; a stream or bytes cannot be added to.',
    },
    body_not_replayable: {
      meaning:
        'The token was rejected and is being replaced, but the body was a stream that cannot be sent again.',
      remedy: 'Make the call again; give bodies as text or bytes where they are small.',
    },
    rate_limited: {
      meaning: 'The API, or the limit that was set for it here, turns the call away.',
      remedy: 'Wait as long as retryAfterMs says; make fewer calls, or ask the provider for a higher limit.',
    },
    circuit_open: {
      meaning: 'The API has failed several times in a row; calls fail at once until a probe succeeds.',
      remedy: 'Wait as long as retryAfterMs says.',
    },
    aborted: {
      meaning: "The caller's AbortSignal fired. The renewal goes on for everybody else.",
      remedy: 'Nothing.',
    },
    closed: {
      meaning: 'The token source was closed.',
      remedy: 'Do not use a source after close().',
    },
  },
  BUNDLE_GUIDE,
  SAFEGUARD_GUIDE,
)
