import type { AuditLog } from '@evergrant/audit'
import type { TokenSource } from '@evergrant/runtime'
import { allOf } from '../all-of.ts'
import { connectAs } from '../connection.ts'
import { UsageError } from '../failure-report.ts'
import type { Terminal } from '../terminal.ts'
import { type GrantOptions, wrongGrant } from './grants-file.ts'

/** A grant that the agent serves, over an open source. */
export interface OpenGrant {
  readonly name: string
  readonly source: TokenSource
  readonly label: string
  close(): Promise<void>
}

/** Opens all of them, or none. `file`: where they stand; absent: on the command line. */
export async function openGrants(
  grants: Readonly<Record<string, GrantOptions>>,
  terminal: Terminal,
  audit: AuditLog | undefined,
  file?: string,
): Promise<readonly OpenGrant[]> {
  const all = Object.entries(grants)
  const open: OpenGrant[] = []
  try {
    for (const [name, options] of all) {
      const toldAs = all.length > 1 ? name : undefined
      const connection = await connectAs({ ...options, audit, toldAs }, terminal).catch(error => {
        if (file === undefined || !(error instanceof UsageError)) throw error
        throw wrongGrant(file, name, error.message)
      })
      const { source, label } = connection
      open.push({ name, source, label: options.label ?? label, close: () => connection.close() })
    }
    return open
  } catch (error) {
    await allOf(open.map(grant => () => grant.close()))
    throw error
  }
}
