import type { Endpoint } from './library.ts'

/** What one process of a fleet does to share tokens with the others over Redis. */
export interface FleetProgram {
  /** The function that every caller in this process calls for the token of this client. */
  callerOf(endpoint: Endpoint): () => Promise<string>
}

/** What every file in `fleet-programs/` exports as `open`. */
export type OpenFleetProgram = (redisUrl: string) => FleetProgram

/** The ways to share tokens that are compared, by the name of their file in `fleet-programs/`; ours first. */
export const FLEET_LIBRARIES = [
  'evergrant',
  'set-nx-and-publish',
  'set-nx-and-poll',
  'redlock',
  'bentocache',
  'async-cache-dedupe',
] as const

export type FleetLibraryName = (typeof FLEET_LIBRARIES)[number]

/** They, and the limit that they are measured against. */
export type FleetProgramName = FleetLibraryName | 'limit'

export async function loadFleetProgram(name: FleetProgramName): Promise<OpenFleetProgram> {
  const { open } = (await import(`./fleet-programs/${name}.ts`)) as { open: OpenFleetProgram }
  return open
}
