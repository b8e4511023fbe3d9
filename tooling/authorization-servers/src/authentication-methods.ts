/** The ways in which clients authenticate; each client is called after its own. */
export const METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const
export type Method = (typeof METHODS)[number]
