import { type ApiAnswer, type CallTarget, LOOK_BYTES_MAX, type ResourceServer } from '@evergrant/core/calls'

/**
 * An answer as a resource server is to judge it. The body is read only where it may tell of a failure and is small;
 * the caller's own reading of it is not touched.
 */
export async function answerOf(
  response: Response,
  server: ResourceServer,
  target: CallTarget,
): Promise<ApiAnswer> {
  const { status, headers } = response
  const looks = server.looksInto?.(status, headers.get('content-type') ?? '', target) === true
  return {
    status,
    header: name => headers.get(name) ?? undefined,
    body: looks && !isLarge(headers) ? await smallBody(response) : undefined,
  }
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
