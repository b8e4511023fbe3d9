import { measure } from 'mitata'

/** Calls per sample, so many that reading the clock or the heap does not count. */
const CALLS = { gc: false, batch_samples: 256, batch_threshold: Infinity, warmup_threshold: Infinity }
const CALLS_OF_HEAP = { ...CALLS, batch_samples: 1_024 }
/** How long one measurement goes on at least, in ns. */
const SAMPLING_NS = 12_000_000

/** Ns that one call takes, awaited if it returns a promise: the median over many samples. */
export async function nsPerCall(call: () => unknown): Promise<number> {
  const { p50 } = await measure(call, { ...CALLS, min_samples: 3, min_cpu_time: SAMPLING_NS })
  return p50
}

/**
 * Bytes that one call, and awaiting it, leave for the garbage collector. The least over a few samples, which is
 * the one during which the compiler had nothing to do; samples in which garbage was collected do not count. In whole
 * bytes, because reading the heap adds a fraction of one.
 */
export async function bytesPerCall(call: () => unknown): Promise<number> {
  const heapUsed = () => process.memoryUsage().heapUsed
  const { heap } = await measure(call, { ...CALLS_OF_HEAP, min_samples: 8, min_cpu_time: 0, heap: heapUsed })
  if (heap === undefined) throw new Error('the heap was not measured')
  return Math.floor(heap.min)
}
