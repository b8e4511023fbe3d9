import type { Clock } from '@evergrant/core'
import type { DevicePrompt } from '@evergrant/core/flows'
import { deviceSignIn, type GrantedTokens } from '@evergrant/runtime/flows'
import { renderUnicodeCompact } from 'uqr'
import { painter, type Terminal, writeLine } from '../terminal.ts'
import type { Patience } from './patience.ts'
import { providerOf, type SignIn } from './sign-in.ts'
import { signInWords } from './sign-in-words.ts'
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
        patience.show(signInWords(terminal.env).waitingForCode)
      },
    }),
    patience.over,
  ])
}

function show(prompt: DevicePrompt, { stderr, env }: Terminal): void {
  const { userCode, verificationUri, verificationUriComplete } = prompt
  const paint = painter(stderr, env)
  const { open, enter } = signInWords(env)
  writeLine(stderr, `${open}  ${paint('cyan', verificationUri)}`)
  writeLine(stderr, `${enter}  ${paint('bold', userCode)}`)
  writeLine(stderr)
  // Only where somebody can scan it.
  if (stderr.isTTY) writeLine(stderr, renderUnicodeCompact(verificationUriComplete ?? verificationUri))
}
