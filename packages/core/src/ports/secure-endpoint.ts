const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/**
 * Whether credentials may be sent to a URL of this protocol (`https:`) and host name, as a URL parser gives
 * them: over https (RFC 6749 §3.2), or in clear to this very machine where that was asked for. A name that
 * only resolves to a loopback address does not count, for DNS can lie.
 */
export function maySendCredentials(
  url: { readonly protocol: string; readonly hostname: string },
  allowInsecureLoopback: boolean,
): boolean {
  if (url.protocol === 'https:') return true
  return allowInsecureLoopback && url.protocol === 'http:' && LOOPBACK.test(url.hostname)
}
