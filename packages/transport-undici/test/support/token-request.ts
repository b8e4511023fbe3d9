import { type HttpRequest, TransportError } from '@evergrant/core'

export const LIMITS = { timeoutMs: 2_000, bodyBytesMax: 10_000 }

/** A token request as core makes one. */
export function post(url: string): HttpRequest {
  return {
    method: 'POST',
    url,
    headers: [
      ['accept', 'application/json'],
      ['content-type', 'application/x-www-form-urlencoded'],
    ],
    body: 'grant_type=client_credentials&client_secret=s3cret',
    secrets: ['s3cret'],
  }
}

export async function failureOf(promise: Promise<unknown>): Promise<TransportError> {
  try {
    await promise
  } catch (error) {
    if (TransportError.is(error)) return error
    throw error
  }
  throw new Error('it succeeded')
}
