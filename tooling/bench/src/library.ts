/** A token endpoint, and who asks there. */
export interface Endpoint {
  readonly url: string
  readonly id: string
  readonly secret: string
}

/** A program that obtains tokens with some library, in the few lines that a user of the library writes. */
export interface Program {
  /** One call for a token, as the library's users make it before every request of theirs. */
  readonly ask: () => Promise<unknown>
  /** The same, and the text of the token that came of it. */
  readonly token: () => Promise<string>
}

/** What every file in `libraries/` exports as `open`. Opening sends nothing that the library does not send by itself. */
export type Open = (endpoint: Endpoint) => Program

/** The libraries that are compared, by the name of their file in `libraries/`; ours first. */
export const LIBRARIES = [
  'evergrant',
  'google-auth-library',
  'azure-msal-node',
  'simple-oauth2',
  'badgateway-oauth2-client',
  'baidu-aip-sdk',
] as const

export type LibraryName = (typeof LIBRARIES)[number]

/** The others. */
export const PEERS = LIBRARIES.filter(name => name !== 'evergrant')

/** Loads the program of a library, and with it the library. */
export async function loadProgram(name: LibraryName): Promise<Open> {
  const { open } = (await import(`./libraries/${name}.ts`)) as { open: Open }
  return open
}
