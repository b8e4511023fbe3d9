import { ConfidentialClientApplication } from '@azure/msal-node'
import type { Endpoint, Program } from '../library.ts'

const SCOPES = ['https://vault.azure.net/.default']

/** A confidential client of Entra; its requests are led to our endpoint, because it talks to no other server. */
export function open({ url, id, secret }: Endpoint): Program {
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: id,
      clientSecret: secret,
      authority: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555',
    },
    system: {
      networkClient: {
        sendGetRequestAsync: () => Promise.reject(new Error('there is nothing to get')),
        async sendPostRequestAsync<Body>(
          _url: string,
          options?: { headers?: Record<string, string>; body?: string },
        ) {
          const { headers = {}, body = '' } = options ?? {}
          const response = await fetch(url, { method: 'POST', headers, body })
          return { headers: {}, body: (await response.json()) as Body, status: response.status }
        },
      },
    },
  })
  const ask = () => client.acquireTokenByClientCredential({ scopes: SCOPES })
  return { ask, token: async () => (await ask())?.accessToken ?? '' }
}
