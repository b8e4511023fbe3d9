import { type ClientMetadata, errors, type Provider } from 'oidc-provider'
import { TOKEN_EXCHANGE } from './registered-clients.ts'

interface ExchangeParameters {
  readonly subject_token?: string
  readonly subject_token_type?: string
  readonly actor_token?: string
  readonly scope?: string
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'scope',
]

/** Teaches the server to exchange tokens (RFC 8693), which it leaves to whoever runs it. */
export function registerTokenExchange(provider: Provider): void {
  provider.registerGrantType<ExchangeParameters>(
    TOKEN_EXCHANGE,
    async context => {
      const { client, params } = context.oidc
      const subject = await subjectOf(provider, params)
      const scope = params.scope ?? subject.scope ?? ''
      const issued = new provider.ClientCredentials({
        client: client as InstanceType<typeof provider.Client> & ClientMetadata,
        scope,
      })
      context.body = {
        access_token: await issued.save(),
        issued_token_type: ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: issued.expiration,
        scope,
      }
    },
    PARAMETERS,
  )
}

async function subjectOf(provider: Provider, params: ExchangeParameters): Promise<{ scope?: string }> {
  if (params.subject_token_type !== ACCESS_TOKEN) throw new errors.InvalidRequest('another type is expected')
  const token = params.subject_token ?? ''
  const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
  // RFC 8693 §2.2.2
  if (found === undefined) throw new errors.InvalidRequest('the subject token is not acceptable')
  return found.scope === undefined ? {} : { scope: found.scope }
}
