import type { Clock } from '@evergrant/core'

/** Of a body that can be read once, as many bytes are kept, so that it can be sent again. */
const HELD_BYTES_MAX = 1_048_576
const TEXT = /json|x-www-form-urlencoded|^text\//i

type Bytes = Uint8Array<ArrayBuffer>
type Reading = ReturnType<ReadableStreamDefaultReader<Bytes>['read']>

/**
 * The body of a `Request`, which is a stream whatever it was made of: as text or bytes where all of it is at hand and no
 * larger than a mebibyte, so that it can be sent again; else a stream as it was, of which nothing is waited for.
 */
export async function heldBody(
  body: ReadableStream<Bytes>,
  contentType: string,
  clock: Clock,
): Promise<string | Bytes | ReadableStream<Bytes>> {
  const reader = body.getReader()
  const chunks: Bytes[] = []
  let size = 0
  let late: Reading | undefined
  while (size <= HELD_BYTES_MAX) {
    const reading = reader.read()
    const result = await atHand(reading, clock)
    if (result === undefined) {
      late = reading
      break
    }
    if (result.done) return whole(chunks, size, contentType)
    chunks.push(result.value)
    size += result.value.byteLength
  }
  return goingOn(chunks, late, reader)
}

/** What is read, if that takes no longer than to be handed over; `undefined`: it is on its way yet. */
async function atHand(reading: Reading, clock: Clock): Promise<Awaited<Reading> | undefined> {
  let cancel = () => {}
  const turn = new Promise<undefined>(resolve => {
    cancel = clock.wake(clock.now(), () => resolve(undefined))
  })
  try {
    return await Promise.race([reading, turn])
  } finally {
    cancel()
  }
}

function whole(chunks: readonly Bytes[], size: number, contentType: string): string | Bytes {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  if (!TEXT.test(contentType)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes
  }
}

/** The rest of a stream, after what was read of it. */
function goingOn(
  chunks: readonly Bytes[],
  late: Reading | undefined,
  reader: ReadableStreamDefaultReader<Bytes>,
): ReadableStream<Bytes> {
  let next = late
  return new ReadableStream<Bytes>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
    },
    async pull(controller) {
      const reading = next ?? reader.read()
      next = undefined
      const { done, value } = await reading
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: reason => reader.cancel(reason),
  })
}
