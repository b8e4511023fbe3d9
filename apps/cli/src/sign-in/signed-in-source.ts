import { type Clock, EvergrantError, fail, type Secret, type Store, type Transport } from '@evergrant/core'
import { bearerApi, type ResourceServer } from '@evergrant/core/calls'
import { baiduApi } from '@evergrant/provider-baidu/calls'
import { type Client, secret, systemClock, type TokenSource, tokenSource } from '@evergrant/runtime'
import { tokenRevocation } from '@evergrant/runtime/flows'
import { fileSecret } from '@evergrant/runtime/node'
import { undiciTransport } from '@evergrant/transport-undici'
import type { Terminal } from '../terminal.ts'
import { providerOf, type SecretPlace, type SignIn } from './sign-in.ts'

/** The source of a grant that somebody has signed in for. Its name keeps it apart from others at the same server. */
export function signedInSource(
  name: string,
  signIn: SignIn,
  store: Store,
  terminal: Terminal,
  clock: Clock = systemClock(),
): TokenSource {
  return tokenSource({
    provider: providerOf(signIn),
    client: clientOf(signIn, terminal),
    grant: { type: 'refresh_token' },
    subject: name,
    revocation: tokenRevocation(),
    store,
    transport: signInTransport(),
    clock,
  })
}

/**
 * What the tokens of a sign-in may be shown to: Baidu's hosts, or the server that has issued them, which has an endpoint
 * about its user; and further origins.
 */
export function apiOfSignIn({ server }: SignIn, origins: readonly string[]): ResourceServer {
  if (server.kind === 'baidu') return baiduApi({ origins: [...origins] })
  const { issuer, tokenEndpoint } = server.endpoints
  return bearerApi({ origins: [new URL(issuer ?? tokenEndpoint).origin, ...origins] })
}

/** Plain http to this very machine is for servers that are being developed on it. */
export function signInTransport(): Transport {
  return undiciTransport({ allowInsecureLoopback: true })
}

export function clientOf({ clientId, secretAt }: SignIn, terminal: Terminal): Client {
  return secretAt === undefined ? { id: clientId } : { id: clientId, secret: secretFrom(secretAt, terminal) }
}

function secretFrom(place: SecretPlace, { env }: Terminal): Secret {
  if ('file' in place) return fileSecret(place.file)
  return secret(() => {
    const value = env[place.variable]?.trim()
    if (value) return value
    const message = `${place.variable} is not set, which held the client secret at the sign-in.`
    throw new EvergrantError(fail('secret_unavailable', { message }))
  })
}
