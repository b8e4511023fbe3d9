import { type HeaderList, headerOf } from '@evergrant/core'

/** What hosts have said about being spoken to in clear (HTTP Strict Transport Security, RFC 6797). */
export interface StrictTransportMemory {
  /** Notes the `Strict-Transport-Security` of an answer that came over https from a named host. */
  learn(url: URL, headers: HeaderList): void
  /** Whether the host, or one above it, has demanded https for now. */
  forbids(url: URL): boolean
}

/** Most hosts to remember; beyond it, the one noted longest ago is forgotten. */
const HOSTS_MAX = 1_000

const IP_ADDRESS = /^(\[.*\]|\d{1,3}(\.\d{1,3}){3})$/

export function strictTransportMemory(now: () => number = Date.now): StrictTransportMemory {
  const hosts = new Map<string, { until: number; includeSubDomains: boolean }>()

  return {
    learn({ protocol, hostname }, headers) {
      // RFC 6797 §8.1: not over a connection that anybody could have written to, and not for addresses.
      if (protocol !== 'https:' || IP_ADDRESS.test(hostname)) return
      const policy = parse(headerOf(headers, 'strict-transport-security'))
      if (policy === undefined) return
      hosts.delete(hostname)
      if (policy.maxAgeSeconds === 0) return
      const { maxAgeSeconds, includeSubDomains } = policy
      hosts.set(hostname, { until: now() + maxAgeSeconds * 1000, includeSubDomains })
      if (hosts.size > HOSTS_MAX) hosts.delete(hosts.keys().next().value as string)
    },

    forbids({ protocol, hostname }) {
      if (protocol === 'https:') return false
      const labels = hostname.split('.')
      return labels.some((_, above) => {
        const policy = hosts.get(labels.slice(above).join('.'))
        return policy !== undefined && policy.until > now() && (above === 0 || policy.includeSubDomains)
      })
    },
  }
}

/** RFC 6797 §6.1: directives in any order and case; `max-age` is required; the first header field counts. */
function parse(field: string | undefined): { maxAgeSeconds: number; includeSubDomains: boolean } | undefined {
  const directives = (field ?? '').split(';').map(directive => directive.trim().toLowerCase())
  const maxAge = directives
    .map(directive => /^max-age\s*=\s*"?(\d{1,12})"?$/.exec(directive)?.[1])
    .find(seconds => seconds !== undefined)
  if (maxAge === undefined) return undefined
  return { maxAgeSeconds: Number(maxAge), includeSubDomains: directives.includes('includesubdomains') }
}
