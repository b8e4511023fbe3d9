import type { HeaderList } from '../ports/transport.ts'
import { redact, redactBody } from '../redaction/redact.ts'
import type { ApiAnswer, ApiFailure, CallTarget, ResourceServer } from './resource-server.ts'

/**
 * What a server says of an answer, in words that hold none of the secrets that the call carried: an error may echo
 * them. What follows from the answer is decided by what was sent; only what is told is taken from a redacted copy.
 */
export function judgeCall(
  server: ResourceServer,
  answer: ApiAnswer,
  target: CallTarget,
  secrets: readonly string[],
): ApiFailure | undefined {
  const failure = server.judge(answer, target)
  // Most answers are no failure, and are looked at once.
  if (failure === undefined || secrets.length === 0) return failure
  const { description: _, ...deed } = failure
  const words = server.judge(redacted(answer, secrets), target) ?? UNTOLD
  const { code, message, description } = words
  return { ...deed, code, message, ...(description !== undefined && { description }) }
}

/** What of a signer's header fields must not be printed: all of it but the name of a scheme. */
export function secretsIn(fields: HeaderList): readonly string[] {
  return fields.map(([name, value]) => (name === 'authorization' ? value.replace(/^[\w-]+ +/, '') : value))
}

/** For an error that is none any more without its secret, which no server sends by mistake. */
const UNTOLD: Pick<ApiFailure, 'code' | 'message' | 'description'> = {
  code: 'unknown_error',
  message: 'The API answered with an error that cannot be shown.',
}

function redacted({ status, body, header }: ApiAnswer, secrets: readonly string[]): ApiAnswer {
  return {
    status,
    body: body === undefined ? undefined : redactBody(body, secrets),
    header(name) {
      const value = header(name)
      return value === undefined ? undefined : redact(value, secrets)
    },
  }
}
