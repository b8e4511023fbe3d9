import { EvergrantError } from '@evergrant/core'
import type { SignedOut } from '@evergrant/runtime/flows'
import type { Command } from 'commander'
import { UsageError } from '../failure-report.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../second-factor/sensitive-act.ts'
import { forget, recall, requireName, serverName } from '../sign-in/sign-in.ts'
import { signInWords } from '../sign-in/sign-in-words.ts'
import { signedInSource } from '../sign-in/signed-in-source.ts'
import { storeFor } from '../store-place.ts'
import { type Terminal, writeLine } from '../terminal.ts'

interface LogoutOptions extends ConsentOptions {
  readonly as: string
  readonly store?: string
  readonly keyring?: string
}

export function addLogoutCommand(program: Command, terminal: Terminal): void {
  withConsent(program.command('logout'), false)
    .description('revoke a grant at its server, and forget it')
    .option('--as <name>', 'the name of the sign-in', requireName, 'default')
    .option('--store <place>', 'where it is kept (EVERGRANT_STORE)')
    .option('--keyring <path>', 'seal what is kept with the keys of this file (EVERGRANT_KEYRING)')
    .action((options: LogoutOptions) => logout(options, terminal))
}

async function logout(options: LogoutOptions, terminal: Terminal): Promise<void> {
  const { as: name } = options
  const store = await storeFor(options, terminal)
  try {
    const signIn = await recall(store, name)
    if (signIn === undefined) throw new UsageError(`nobody is signed in as "${name}" here`)
    await requireConsent({ what: 'grant.revoked' }, options, terminal)
    await using source = signedInSource(name, signIn, store, terminal)
    const signedOut = await source.signOut()
    await forget(store, name)
    tell(signedOut, serverName(signIn), terminal)
  } finally {
    await store.close?.()
  }
}

/** What the server has revoked; a failure when there is something that it should have and has not. */
function tell({ revoked, failure }: SignedOut, server: string, { stdout, env }: Terminal): void {
  const words = signInWords(env)
  writeLine(stdout, words.signedOut(server))
  if (revoked.length > 0) writeLine(stdout, words.revoked(revoked))
  if (failure === undefined) return
  if (failure.code === 'endpoint_missing') {
    writeLine(stdout, words.revokesNothing)
    return
  }
  throw new EvergrantError({ ...failure, message: `${words.notAllRevoked} ${failure.message}` })
}
