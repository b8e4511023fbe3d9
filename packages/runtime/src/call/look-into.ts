import { type ApiAnswer, type CallTarget, LOOK_BYTES_MAX, type ResourceServer } from '@evergrant/core/calls'

/**
 * An answer as a resource server is to judge it. The body is read only where it may tell of a failure and is small;
 * the caller's own reading of it is not touched.
 */
export function answerOf(
  response: Response,
  server: ResourceServer,
  target: CallTarget,
): ApiAnswer | Promise<ApiAnswer> {
  const { status } = response
  const header = (name: string) => response.headers.get(name) ?? undefined
  const answer = { status, header, body: undefined }
  if (server.looksInto?.(status, header('content-type') ?? '', target) !== true) return answer
  if (isLarge(response.headers)) return answer
  return smallBody(response).then(body => ({ ...answer, body }))
}

function isLarge(headers: Headers): boolean {
  return Number(headers.get('content-length') ?? 0) > LOOK_BYTES_MAX
}

/** The body of a copy, `undefined` when it turns out to be large or breaks off: then the caller will see. */
async function smallBody(response: Response): Promise<string | undefined> {
  if (response.body === null) return ''
  const reader = (response.clone().body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      bytes += value.byteLength
      if (bytes > LOOK_BYTES_MAX) break
      text += decoder.decode(value, { stream: true })
    }
    reader.cancel().catch(() => undefined)
    return undefined
  } catch {
    return undefined
  }
}

/** Lets go of an answer that nobody will read, so that its connection can be used again. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined)
}
