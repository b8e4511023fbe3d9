import type { Endpoint } from './library.ts'

/** Where authorized calls go, and where the token for them comes from. */
export interface CallTarget {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** The address to get. */
  readonly url: string
  readonly endpoint: Endpoint
}

/** Makes one GET, with a token, and reads what comes. */
export type Call = () => Promise<string>

/** What every file in `call-programs/` exports as `open`. */
export type OpenCallProgram = (target: CallTarget) => Call

/** What is compared, by the name of its file in `call-programs/`; the two that carry no token of their own first. */
export const CALL_PROGRAMS = [
  'undici',
  'fetch',
  'evergrant-dispatcher',
  'evergrant-fetch',
  'axios',
  'google-auth-library',
  'badgateway-oauth2-client',
] as const

export type CallProgramName = (typeof CALL_PROGRAMS)[number]

export async function loadCallProgram(name: CallProgramName): Promise<OpenCallProgram> {
  const { open } = (await import(`./call-programs/${name}.ts`)) as { open: OpenCallProgram }
  return open
}
