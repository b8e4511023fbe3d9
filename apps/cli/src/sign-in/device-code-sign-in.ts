import type { Clock } from '@evergrant/core'
import type { DevicePrompt } from '@evergrant/core/flows'
import { deviceSignIn, type GrantedTokens } from '@evergrant/runtime/flows'
import { renderUnicodeCompact } from 'uqr'
import { painter, type Terminal, writeLine } from '../terminal.ts'
import type { Patience } from './patience.ts'
import { providerOf, type SignIn } from './sign-in.ts'
import { clientOf, signInTransport } from './signed-in-source.ts'

export interface DeviceCodeSignInOptions {
  readonly signIn: SignIn
  readonly scopes: readonly string[]
  readonly clock: Clock
  readonly terminal: Terminal
  readonly patience: Patience
}

/** Signs a person in who enters a code in a browser anywhere. */
export async function deviceCodeSignIn(options: DeviceCodeSignInOptions): Promise<GrantedTokens> {
  const { signIn, scopes, clock, terminal, patience } = options
  return Promise.race([
    deviceSignIn({
      provider: providerOf(signIn),
      client: clientOf(signIn, terminal),
      transport: signInTransport(),
      clock,
      scopes,
      signal: patience.signal,
      onPrompt: prompt => {
        show(prompt, terminal)
        patience.show('waiting for the code to be entered')
      },
    }),
    patience.over,
  ])
}

function show(prompt: DevicePrompt, { stderr, env }: Terminal): void {
  const { userCode, verificationUri, verificationUriComplete } = prompt
  const paint = painter(stderr, env)
  writeLine(stderr, `Open   ${paint('cyan', verificationUri)}`)
  writeLine(stderr, `Enter  ${paint('bold', userCode)}`)
  writeLine(stderr)
  // Only where somebody can scan it.
  if (stderr.isTTY) writeLine(stderr, renderUnicodeCompact(verificationUriComplete ?? verificationUri))
}
