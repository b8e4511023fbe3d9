import { startServer } from './server-process.ts'

/** Some Redis, of which a test may only assume that it works. */
export interface AnyRedis {
  readonly url: string
  /** Stops it if it was started for the purpose. What a test has written to somebody else's stays there. */
  close(): Promise<void>
}

/** The server that `EVERGRANT_TEST_REDIS_URL` names, else one started for the purpose. */
export async function anyRedis(): Promise<AnyRedis> {
  const url = process.env.EVERGRANT_TEST_REDIS_URL
  if (url !== undefined && url !== '') return { url, close: async () => undefined }
  return startServer()
}
